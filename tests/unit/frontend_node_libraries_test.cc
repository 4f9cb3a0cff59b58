// What a node gets so that programs and libraries can be loaded there.
#include "frontend/common/node_libraries.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "frontend/common/glob.h"
#include "frontend/common/lexical_path.h"
#include "sys/path.h"
#include "tests/unit/frontend_elf_image.h"
#include "tests/unit/frontend_program_folder.h"
#include "tests/unit/in_namespace.h"

namespace {

namespace fs = std::filesystem;

using fakes::elf64;
using Folder = fakes::ProgramFolder;
using frontend::LibrariesRequest;
using frontend::NodeLibraries;
using frontend::ProgramPart;
using frontend::resolve_libraries;
using Links = std::map<std::string, std::string>;
using Paths = std::set<std::string>;

Paths files_of(const NodeLibraries& libraries) {
  Paths paths, sources;
  for (const auto& file : libraries.files) {
    paths.insert(file.path);
    sources.insert(file.source);
  }
  CHECK(sources.size() == libraries.files.size());
  return paths;
}

Links links_of(const NodeLibraries& libraries) {
  Links links;
  for (const auto& link : libraries.links)
    links.emplace(link.path, link.target);
  CHECK(links.size() == libraries.links.size());
  return links;
}

std::string error_of(const LibrariesRequest& request, const frontend::SearchPaths& paths = {}) {
  const auto libraries = resolve_libraries(request, paths);
  return libraries ? "no error" : libraries.error().what;
}

// Makes a node's root of it.
void place(const NodeLibraries& libraries, const std::string& root) {
  for (const auto& file : libraries.files) {
    fs::create_directories(fs::path(root + file.path).parent_path());
    fs::copy_file(file.source, root + file.path);
  }
  for (const auto& link : libraries.links) {
    fs::create_directories(fs::path(root + link.path).parent_path());
    fs::create_symlink(link.target, root + link.path);
  }
}

// What a program prints that runs with `root` as its root directory.
std::string output_in(const std::string& root, const std::string& command) {
  const std::string to = root + "/output";
  [[maybe_unused]] const int status = std::system(("chroot " + root + " " + command + " >" + to + " 2>&1").c_str());
  std::ostringstream text;
  text << std::ifstream(to).rdbuf();
  return std::move(text).str();
}

bool own_tmpfs(const std::string& path) {
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", path.c_str(), "tmpfs", 0, nullptr) == 0;
}

}  // namespace

TEST_CASE("node libraries: a program with all that it needs, files once and the links that name them") {
  const Folder folder;
  folder.add("real/ld-2.so", elf64({}));
  const std::string loader = folder.link("lib64/ld.so", "../real/ld-2.so");
  folder.add("lib/liba.so.1.2.3", elf64({.needed = {"libb.so.2"}, .runpath = "$ORIGIN"}));
  folder.link("lib/liba.so.1", "liba.so.1.2");
  folder.link("lib/liba.so.1.2", "liba.so.1.2.3");
  folder.add("lib/libb.so.2", elf64({}), fs::perms(0644));
  const std::string program = folder.add(
      "bin/p", elf64({.interpreter = loader, .needed = {"liba.so.1"}, .runpath = "$ORIGIN/../lib"}), fs::perms(0751));
  const auto libraries = resolve_libraries({.programs = {program}});
  REQUIRE(libraries);
  CHECK(files_of(*libraries) ==
        Paths{program, folder / "real/ld-2.so", folder / "lib/liba.so.1.2.3", folder / "lib/libb.so.2"});
  CHECK(links_of(*libraries) == Links{{loader, "../real/ld-2.so"},
                                      {folder / "lib/liba.so.1", "liba.so.1.2"},
                                      {folder / "lib/liba.so.1.2", "liba.so.1.2.3"}});
  const std::map<std::string, std::pair<ProgramPart, unsigned>> parts = {
      {program, {ProgramPart::program, 0751}},
      {folder / "real/ld-2.so", {ProgramPart::loader, 0755}},
      {folder / "lib/liba.so.1.2.3", {ProgramPart::library, 0755}},
      {folder / "lib/libb.so.2", {ProgramPart::library, 0644}}};
  for (const auto& file : libraries->files) {
    CHECK(parts.at(file.path) == std::pair(file.part, static_cast<unsigned>(file.mode)));
  }
  CHECK(libraries->cached.empty());
  // Programs that share libraries, and the same one again, change nothing.
  const auto twice = resolve_libraries({.programs = {program, program}, .libraries = {folder / "lib/libb.so.2"}});
  REQUIRE(twice);
  CHECK(files_of(*twice) == files_of(*libraries));
  CHECK(links_of(*twice) == links_of(*libraries));
}

TEST_CASE("node libraries: directories are real ones on the node; one file at two paths is a file and a link") {
  const Folder folder;
  folder.add("usr/lib/libx.so.1.0", elf64({}));
  folder.link("usr/lib/libx.so.1", "libx.so.1.0");
  folder.link("lib", "usr/lib");
  const auto one = resolve_libraries({.libraries = {folder / "lib/libx.so.1"}});
  REQUIRE(one);
  CHECK(files_of(*one) == Paths{folder / "lib/libx.so.1.0"});
  CHECK(links_of(*one) == Links{{folder / "lib/libx.so.1", "libx.so.1.0"}});
  CHECK(one->files[0].source == fs::canonical(folder / "usr/lib/libx.so.1.0").string());

  const auto both = resolve_libraries({.libraries = {folder / "lib/libx.so.1", folder / "usr/lib/libx.so.1"}});
  REQUIRE(both);
  CHECK(files_of(*both) == files_of(*one));
  CHECK(links_of(*both) == Links{{folder / "lib/libx.so.1", "libx.so.1.0"},
                                 {folder / "usr/lib/libx.so.1", "libx.so.1.0"},
                                 {folder / "usr/lib/libx.so.1.0", folder / "lib/libx.so.1.0"}});
}

TEST_CASE("node libraries: a link that would lead elsewhere on the node leads straight to the file") {
  const Folder folder;
  const std::string real = folder.add("far/deep/lib/libx.so.1.0", elf64({}));
  folder.link("near", "far/deep");                              // so that near/lib/../x is far/deep/x
  folder.link("far/deep/other/libx.so", "../lib/libx.so.1.0");  // the same seen from near/other
  folder.link("top", "far/deep/other");                         // top/../lib is not
  CHECK(links_of(*resolve_libraries({.libraries = {folder / "near/other/libx.so"}})) ==
        Links{{folder / "near/other/libx.so", "../lib/libx.so.1.0"}});
  const auto top = resolve_libraries({.libraries = {folder / "top/libx.so"}});
  REQUIRE(top);
  CHECK(links_of(*top) == Links{{folder / "top/libx.so", fs::canonical(real).string()}});
  CHECK(files_of(*top) == Paths{fs::canonical(real).string()});

  folder.link("lib/liby.so", "./sub/../../far//deep/lib/libx.so.1.0");
  fs::create_directories(folder / "lib/sub");
  CHECK(links_of(*resolve_libraries({.libraries = {folder / "lib/liby.so"}})) ==
        Links{{folder / "lib/liby.so", folder / "far/deep/lib/libx.so.1.0"}});
}

TEST_CASE("node libraries: patterns, and what they pass over") {
  const Folder folder;
  folder.add("liba.so.2", elf64({.needed = {"libb.so"}, .runpath = "$ORIGIN"}));
  folder.add("libb.so", elf64({}));
  folder.add("liba.txt", "GROUP ( libb.so )");
  fs::create_directory(folder / "liba.d");
  CHECK(files_of(*resolve_libraries({.libraries = {folder / "liba*"}})) ==
        Paths{folder / "liba.so.2", folder / "libb.so"});
  CHECK(error_of({.libraries = {folder / "libz*"}}) == "nothing matches " + folder / "libz*");
  CHECK(error_of({.libraries = {folder / "*.txt"}}) == "no library matches " + folder / "*.txt");
  folder.add("libc.so", elf64({.needed = {"x"}}).substr(0, 100));
  CHECK(error_of({.libraries = {folder / "lib*"}}).find(folder / "lib*: " + folder / "libc.so: broken ELF") == 0);
}

TEST_CASE("node libraries: by name, as a program would find it, for the architecture of the programs") {
  const Folder folder;
  const std::string small = folder.add("small", fakes::elf32({.machine = EM_386, .type = ET_EXEC}));
  folder.add("a/libx.so.1", elf64({}));
  folder.add("b/libx.so.1", fakes::elf32({.machine = EM_386}));
  const std::string path = folder / "a:" + folder / "b";
  CHECK(files_of(*resolve_libraries({.libraries = {"libx.so.1"}}, {.library_path = path})) ==
        Paths{folder / "a/libx.so.1"});
  CHECK(files_of(*resolve_libraries({.programs = {small}, .libraries = {"libx.so.1"}}, {.library_path = path})) ==
        Paths{small, folder / "b/libx.so.1"});
  const std::string error = error_of({.libraries = {"libno-y.so", "libno-z.so"}}, {.library_path = path});
  CHECK(error.find("libno-y.so; libno-z.so are not found; searched: " + folder / "a, " +
                   folder / "b, /etc/ld.so.cache, ") == 0);
}

TEST_CASE("node libraries: what is missing is named, with who needs it and where it was looked for") {
  const Folder folder;
  const std::string loader = folder.add("ld.so", elf64({}));
  const std::string program =
      folder.add("p", elf64({.interpreter = loader, .needed = {"libfoo.so.1"}, .runpath = "$ORIGIN/lib:/nowhere"}));
  CHECK(error_of({.programs = {program}})
            .find(program + ": libfoo.so.1, needed by " + program +
                  ", is not found; searched: " + folder / "lib, /nowhere, /etc/") == 0);
  const std::string library = folder.add("liba.so", elf64({.needed = {"/gone/libb.so"}}));
  CHECK(error_of({.libraries = {library}}) ==
        "/gone/libb.so, needed by " + library + ", is not found; searched: /gone/libb.so");
  CHECK(error_of({.programs = {folder / "none"}}) == folder / "none");
  CHECK(error_of({.programs = {"no-such-program"}}).find("no-such-program") != std::string::npos);
  CHECK(error_of({.programs = {"bin/sh"}}).find("'bin/sh': the path is not absolute") != std::string::npos);
  CHECK(error_of({.libraries = {"lib/libx.so"}}).find("'lib/libx.so': the path is not absolute") != std::string::npos);
  CHECK(error_of({.libraries = {folder / "none.so"}}).find(folder / "none.so") != std::string::npos);
  CHECK(error_of({.libraries = {folder.add("text", "x")}}) == folder / "text: not a library (no ELF header)");
}

TEST_CASE("node libraries: there is an end to what is placed") {
  frontend::NodePlaces places(2);
  const Folder folder;
  const std::string library = folder.add("liba.so.1", elf64({}));
  const std::string link = folder.link("liba.so", "liba.so.1");
  CHECK(places.add({link, link}));
  CHECK(places.add({library, library}));
  const std::string other = folder.add("libb.so", elf64({}));
  CHECK(places.add({other, other}).error().what.find("more than 2 files and links") == 0);
}

TEST_CASE("node libraries: a real program runs where there is nothing else") {
  const auto libraries =
      resolve_libraries({.programs = {"xz"}, .libraries = {"libnss_files.so.2", "/usr/lib/*-linux-gnu/libnss_*.so.2"}});
  REQUIRE(libraries);
  CHECK(libraries->files.size() + libraries->links.size() >= 8);
  CHECK_FALSE(libraries->cached.empty());
  const Folder root;
  fakes::check_in_namespace(CLONE_NEWNS, [&]() -> std::string {
    EXPECT(own_tmpfs(root.path()));
    place(*libraries, root.path());
    for (const auto& link : libraries->links) {
      const std::string to = frontend::absolute_path(sys::parent_of(link.path), link.target);
      EXPECT(fs::exists(fs::symlink_status(root / to.substr(1))));
    }
    EXPECT(output_in(root.path(), "/usr/bin/xz --version").find("liblzma") != std::string::npos);
    return "";
  });
}
