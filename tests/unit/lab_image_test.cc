// Unpacking what a machine boots: nothing of it gets out of the machine's root.
#include "lab/image.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "sys/files.h"
#include "tests/unit/old_kernel.h"
#include "tests/unit/temporary_directory.h"

namespace {

using Names = std::vector<std::string>;

std::string entry(const std::string& name, unsigned mode, const std::string& content = "") {
  char header[111];
  std::snprintf(header, sizeof header, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0u, mode, 0u, 0u,
                1u, 0u, static_cast<unsigned>(content.size()), 0u, 0u, 0u, 0u, static_cast<unsigned>(name.size() + 1),
                0u);
  std::string out = header + name + '\0';
  out.resize((out.size() + 3) / 4 * 4);
  out += content;
  out.resize((out.size() + 3) / 4 * 4);
  return out;
}
std::string a_directory(const std::string& name) { return entry(name, S_IFDIR | 0755); }
std::string a_file(const std::string& name) { return entry(name, S_IFREG | 0644, "content"); }
std::string a_link(const std::string& name, const std::string& target) { return entry(name, S_IFLNK | 0777, target); }

// The body is in an empty root directory, beside which there is "outside", on every kernel.
void check(const std::function<std::string(const fakes::TemporaryDirectory&, sys::Files&)>& body) {
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    const fakes::TemporaryDirectory scene;
    sys::KernelFiles files;
    EXPECT(files.make_directories(scene / "root"));
    EXPECT(files.make_directories(scene / "outside"));
    EXPECT(::chdir((scene / "root").c_str()) == 0);
    const std::string problem = body(scene, files);
    EXPECT(::chdir("/") == 0);
    if (!problem.empty()) return problem;
    EXPECT(files.list(scene / "outside").value().empty());
    EXPECT((files.list(scene.path()).value() == Names{"outside", "root"}));
    return "";
  });
}

sys::Status unpack(const std::string& entries) { return lab::unpack(entries + entry("TRAILER!!!", 0)); }

}  // namespace

TEST_CASE("image: directories, files, devices and links are made, and links followed as in the machine") {
  check([](const auto& scene, sys::Files& files) -> std::string {
    EXPECT(unpack(a_directory(".") + a_directory("usr") + a_directory("./usr/lib") + a_link("lib", "/usr/lib") +
                  a_file("lib/one") + a_link("usr/up", "../lib") + a_file("usr/up/two") +
                  entry("null", S_IFCHR | 0666)));
    EXPECT((files.list(scene / "root/usr/lib").value() == Names{"one", "two"}));
    EXPECT(files.read(scene / "root/usr/lib/one", 10).value() == "content");
    EXPECT(files.read_link(scene / "root/lib").value() == "/usr/lib");
    EXPECT((*files.facts(scene / "root/null"))->kind == sys::FileKind::character_device);
    return "";
  });
}

TEST_CASE("image: no name leads out of the root") {
  check([](const auto& scene, sys::Files&) -> std::string {
    for (const std::string& name :
         {scene / "outside/x", std::string("../outside/x"), std::string("a/../../outside/x"), std::string("")}) {
      const auto status = unpack(a_directory("a") + a_file(name));
      EXPECT(!status && status.error().text().find("leads out of the root") != std::string::npos);
    }
    EXPECT(!unpack(a_file(std::string(256, 'x'))));
    EXPECT(!unpack(a_file(std::string("a\0b", 3))));
    return "";
  });
}

TEST_CASE("image: no link leads out of the root") {
  check([](const auto& scene, sys::Files&) -> std::string {
    for (const std::string& target :
         {scene / "outside", std::string("../outside"), std::string("../../../../outside")}) {
      ::unlink("planted");
      for (const std::string& made : {a_file("planted/x"), a_directory("planted/x"), a_link("planted/x", "/"),
                                      entry("planted/x", S_IFCHR | 0600)})
        EXPECT(unpack(a_link("planted", target) + made).error().code == ENOENT);
      ::unlink("planted");
      EXPECT(unpack(a_link("planted", target + "/x") + a_file("planted")).error().code == EEXIST);
    }
    EXPECT(unpack(a_link("circle", "circle") + a_file("circle/x")).error().code == ELOOP);
    EXPECT(!unpack(a_link("nowhere", "")));
    return "";
  });
}
