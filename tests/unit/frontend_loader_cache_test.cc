// The loader's cache as it is written, against those who read it: this tree, ldconfig(8), and the loader itself.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "frontend/common/elf_file.h"
#include "frontend/common/glob.h"
#include "frontend/common/loader_cache_writer.h"
#include "frontend/common/node_libraries.h"
#include "tests/unit/frontend_elf_image.h"
#include "tests/unit/frontend_program_folder.h"
#include "tests/unit/in_namespace.h"

namespace {

namespace fs = std::filesystem;

using fakes::elf64;
using Folder = fakes::ProgramFolder;
using frontend::CachedLibrary;
using frontend::format_loader_cache;
using frontend::LoaderCacheEntry;
using frontend::make_loader_cache;
using Lines = std::vector<std::string>;

// Of ldconfig -p: "libz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1", for one architecture.
Lines listed(const std::string& options, const std::string& architecture) {
  std::FILE* const pipe = ::popen(("ldconfig -p " + options).c_str(), "r");
  REQUIRE(pipe != nullptr);
  Lines lines;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    const std::string text(line);
    if (text.find(" (libc6," + architecture + ") => ") != text.npos) lines.push_back(text.substr(1, text.size() - 2));
  }
  CHECK(::pclose(pipe) == 0);
  return lines;
}

std::string error_of(const CachedLibrary& library) {
  const auto cache = make_loader_cache(std::vector{library});
  return cache ? "no error" : cache.error().what;
}

void copy_to(const std::string& source, const std::string& path) {
  fs::create_directories(fs::path(path).parent_path());
  fs::copy_file(source, path);
}

std::string output_in(const std::string& root, const std::string& command) {
  [[maybe_unused]] const int status =
      std::system(("chroot " + root + " " + command + " >" + root + "/output 2>&1").c_str());
  std::ostringstream text;
  text << std::ifstream(root + "/output").rdbuf();
  return std::move(text).str();
}

}  // namespace

TEST_CASE("loader cache: what is written is what is read") {
  const std::string cache = format_loader_cache(
      {{"liba.so.1", "/first/liba.so.1", 0x303}, {"libb.so", "/b/libb.so", 0x303}, {"liba.so.1", "/second/l", 0x303}});
  const auto read = frontend::parse_loader_cache(cache);
  REQUIRE(read.size() == 3);
  CHECK(read.find("libb.so")->second == "/b/libb.so");
  CHECK(read.find("liba.so.1")->second == "/first/liba.so.1");
  CHECK(std::next(read.find("liba.so.1"))->second == "/second/l");
  CHECK(format_loader_cache({}).size() == 48);
}

TEST_CASE("loader cache: names are in the loader's order") {
  using frontend::compare_library_names;
  CHECK(compare_library_names("liba.so.2", "liba.so.10") < 0);
  CHECK(compare_library_names("liba.so", "liba.so.1") < 0);
  CHECK(compare_library_names("liba1.so", "libaa.so") > 0);
  CHECK(compare_library_names("liba.so.9", "liba.so.x") > 0);
  CHECK(compare_library_names("lib", "") > 0);
  CHECK(compare_library_names("liba01.so", "liba1.so") == 0);
  CHECK(compare_library_names("", "") == 0);
}

TEST_CASE("loader cache: ldconfig reads it, and has this machine's libraries in the same order") {
  const Lines lines = listed("", "x86-64");
  REQUIRE(lines.size() > 20);
  std::vector<LoaderCacheEntry> entries;
  for (const std::string& line : lines)
    entries.push_back({line.substr(0, line.find(' ')), line.substr(line.find("=> ") + 3), 0x303});
  const Folder folder;
  CHECK(listed("-C " + folder.add("same", format_loader_cache(entries)), "x86-64") == lines);
  std::reverse(entries.begin(), entries.end());
  Lines reversed = listed("-C " + folder.add("reversed", format_loader_cache(entries)), "x86-64");
  const auto name = [](const std::string& line) { return line.substr(0, line.find(' ')); };
  REQUIRE(reversed.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    CHECK(name(reversed[i]) == name(lines[i]));
}

TEST_CASE("loader cache: a library is known by its soname, for its architecture") {
  const Folder folder;
  const std::vector<CachedLibrary> libraries = {
      {"/odd/liba.so.1.2", folder.add("a", elf64({.soname = "liba.so.1"}))},
      {"/odd/libplain.so", folder.add("b", elf64({}))},
      {"/arm/liba.so.1", folder.add("c", elf64({.machine = EM_AARCH64, .soname = "liba.so.1"}))}};
  const auto cache = make_loader_cache(libraries);
  REQUIRE(cache);
  const std::string file = "-C " + folder.add("cache", *cache);
  CHECK(listed(file, "x86-64") ==
        Lines{"libplain.so (libc6,x86-64) => /odd/libplain.so", "liba.so.1 (libc6,x86-64) => /odd/liba.so.1.2"});
  CHECK(listed(file, "AArch64") == Lines{"liba.so.1 (libc6,AArch64) => /arm/liba.so.1"});
}

TEST_CASE("loader cache: what cannot be in it is refused by name") {
  const Folder folder;
  CHECK(error_of({"/a", folder / "none"}).find(folder / "none") != std::string::npos);
  CHECK(error_of({"relative", folder.add("a", elf64({}))}) == "relative: the path is not absolute");
  CHECK(error_of({"/a", folder.add("text", "x")}) == folder / "text: not a library (no ELF header)");
  CHECK(error_of({"/a", folder.add("cut", elf64({.soname = "a"}).substr(0, 100))}).find(folder / "cut: broken") == 0);
  CHECK(error_of({"/a", folder.add("small", fakes::elf32({.machine = EM_386}))}).find("a library for i686") !=
        std::string::npos);
  for (const std::string& soname : Lines{"a/b", "a b", "a\nb", std::string(300, 'a')}) {
    CHECK(error_of({"/a", folder.add("named", elf64({.soname = soname}))}).find("is no name of a library") !=
          std::string::npos);
  }
}

// The loader looks into the cache before it looks into its own directories, which are empty here.
TEST_CASE("loader cache: the real loader finds in it what stands where nobody else looks") {
  const auto needed = frontend::resolve_libraries({.programs = {"xz"}});
  REQUIRE(needed);
  std::vector<CachedLibrary> odd;
  std::string loader, program;
  for (const auto& file : needed->files) {
    if (file.part == frontend::ProgramPart::library)
      odd.push_back({"/odd/place/" + fs::path(file.path).filename().string(), file.source});
    if (file.part == frontend::ProgramPart::loader) loader = file.source;
    if (file.part == frontend::ProgramPart::program) program = file.source;
  }
  REQUIRE(odd.size() >= 2);
  // Enough others for a search worth the name.
  std::vector<CachedLibrary> all = odd;
  const auto others = frontend::expand_glob("/usr/lib/x86_64-linux-gnu/*.so.[0-9]*", 10000);
  REQUIRE(others);
  for (const std::string& path : *others) {
    if (frontend::elf_at(path)) all.push_back({path, path});
  }
  REQUIRE(all.size() > 20);
  const auto cache = make_loader_cache(all);
  REQUIRE(cache);

  const Folder root;
  fakes::check_in_namespace(CLONE_NEWNS, [&]() -> std::string {
    EXPECT(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    EXPECT(::mount("tmpfs", root.path().c_str(), "tmpfs", 0, nullptr) == 0);
    copy_to(loader, root / "lib64/ld-linux-x86-64.so.2");
    copy_to(program, root / "xz");
    for (const CachedLibrary& library : odd)
      copy_to(library.source, root.path() + library.path);
    const std::string without = output_in(root.path(), "/xz --version");
    EXPECT(without.find("cannot open shared object file") != std::string::npos);
    root.add("etc/ld.so.cache", *cache, fs::perms(0644));
    EXPECT(output_in(root.path(), "/xz --version").find("liblzma 5") != std::string::npos);
    return "";
  });
}
