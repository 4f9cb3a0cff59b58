// Which files a program needs, on the real disk: programs of this machine against ldd, and small ones made here.
#include <doctest/doctest.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>

#include "frontend/common/program_files.h"
#include "tests/unit/frontend_elf_image.h"
#include "tests/unit/frontend_program_folder.h"

namespace {

namespace fs = std::filesystem;

using fakes::elf64;
using frontend::resolve_program;
using Folder = fakes::ProgramFolder;
using Paths = std::set<std::string>;

Paths paths_of(const frontend::ProgramFiles& files) {
  Paths paths;
  for (const auto& file : files.files)
    paths.insert(file.path);
  CHECK(paths.size() == files.files.size());
  paths.erase("/etc/ld.so.cache");  // on the node for libraries in unusual places
  return paths;
}

// What the real loader opens.
Paths ldd(const std::string& program) {
  Paths paths = {program};
  std::FILE* const pipe = ::popen(("ldd " + program + " 2>/dev/null").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word.front() == '/') paths.insert(word);
    }
  }
  ::pclose(pipe);
  return paths;
}

int code_of(const std::string& program) {
  const auto files = resolve_program(program);
  return files ? 0 : files.error().code;
}

}  // namespace

TEST_CASE("program files: the same as ldd says, for programs of this machine") {
  int compared = 0;
  for (const char* program : {"/bin/sh", "/usr/bin/env", "/bin/tar", "/usr/bin/apt-get", "/usr/bin/ld"}) {
    const std::string path = program;
    if (!fs::exists(path)) continue;
    const auto files = resolve_program(path);
    CAPTURE(path);
    REQUIRE(files);
    CHECK(files->program == path);
    CHECK(files->files.front().path == path);
    CHECK(paths_of(*files) == ldd(path));
    ++compared;
  }
  CHECK(compared >= 3);
}

TEST_CASE("program files: a static program is alone") {
  const Folder folder;
  const std::string path = folder.add("static", elf64({.type = ET_EXEC}), fs::perms(0750));
  const auto files = resolve_program(path);
  REQUIRE(files);
  REQUIRE(files->files.size() == 1);
  CHECK(files->files[0].mode == 0750);
  CHECK(files->architecture == "x86_64");
}

TEST_CASE("program files: a program that somebody writes to is busy") {
  const fakes::ProgramFolder folder;
  const std::string path = folder.add("script", "#!/bin/sh\n");
  CHECK(frontend::resolve_program(path, {}));
  const std::ofstream writer(path, std::ios::app);
  const auto busy = frontend::resolve_program(path, {});
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == ETXTBSY);
}

TEST_CASE("program files: libraries of libraries come along, each once") {
  const Folder folder;
  const std::string loader = folder.add("ld.so", elf64({}));
  folder.add("lib/liba.so", elf64({.needed = {"libb.so", "ld.so"}, .runpath = "$ORIGIN"}));
  folder.add("lib/libb.so", elf64({.needed = {"liba.so"}, .runpath = "$ORIGIN"}));
  const std::string program = folder.add(
      "bin/p", elf64({.interpreter = loader, .needed = {"liba.so", "libb.so"}, .runpath = "$ORIGIN/../lib"}));
  const auto files = resolve_program(program);
  REQUIRE(files);
  CHECK(paths_of(*files) == Paths{program, loader, folder / "lib/liba.so", folder / "lib/libb.so"});
}

TEST_CASE("program files: a program reached through a link stands on the node where it was named") {
  const Folder folder;
  const std::string loader = folder.add("ld.so", elf64({}));
  folder.add("real/lib/liba.so", elf64({}));
  folder.add("real/bin/p", elf64({.interpreter = loader, .needed = {"liba.so"}, .runpath = "$ORIGIN/../lib"}));
  fs::create_directories(folder / "named/bin");
  fs::create_symlink(folder / "real/bin/p", folder / "named/bin/q");
  const auto files = resolve_program(folder / "named/bin/q");
  REQUIRE(files);
  CHECK(paths_of(*files) == Paths{folder / "named/bin/q", loader, folder / "named/lib/liba.so"});
  for (const auto& file : files->files)
    CHECK(fs::exists(file.source));
}

TEST_CASE("program files: $ORIGIN of a library is where it was opened, not where a link leads") {
  const Folder folder;
  const std::string loader = folder.add("ld.so", elf64({}));
  folder.add("store/liba.so.1", elf64({.needed = {"libb.so"}, .runpath = "$ORIGIN"}));
  folder.add("lib/libb.so", elf64({}));
  fs::create_symlink("../store/liba.so.1", folder / "lib/liba.so");
  const auto files = resolve_program(
      folder.add("p", elf64({.interpreter = loader, .needed = {"liba.so"}, .runpath = folder / "lib"})));
  REQUIRE(files);
  CHECK(paths_of(*files).contains(folder / "lib/libb.so"));
}

TEST_CASE("program files: LD_LIBRARY_PATH is the caller's") {
  const Folder folder;
  const std::string loader = folder.add("ld.so", elf64({}));
  const std::string library = folder.add("env/liba.so", elf64({}));
  const std::string program = folder.add("p", elf64({.interpreter = loader, .needed = {"liba.so"}}));
  CHECK(code_of(program) == ENOENT);
  const std::string path = "/nowhere:" + folder / "env";
  const auto files = resolve_program(program, {.library_path = path});
  REQUIRE(files);
  CHECK(paths_of(*files) == Paths{program, loader, library});
}

TEST_CASE("program files: all missing libraries are named, with who needs them") {
  const Folder folder;
  const std::string loader = folder.add("ld.so", elf64({}));
  const std::string library = folder.add("liba.so", elf64({.needed = {"libgone.so"}}));
  const std::string program =
      folder.add("p", elf64({.interpreter = loader, .needed = {"libnone.so", "liba.so"}, .runpath = folder.path()}));
  const auto files = resolve_program(program);
  REQUIRE(!files);
  CHECK(files.error().code == ENOENT);
  CHECK(files.error().what.find(program + ": libnone.so, needed by " + program + "; libgone.so, needed by " + library +
                                ", are not found; searched: " + folder.path() + ", /etc/ld.so.cache, /lib/") == 0);
}

TEST_CASE("program files: a library for another machine does not count") {
  const Folder folder;
  const std::string loader = folder.add("ld.so", elf64({}));
  folder.add("a/libx.so", elf64({.machine = EM_AARCH64}));
  folder.add("b/libx.so", "not an ELF file");
  const std::string right = folder.add("c/libx.so", elf64({}));
  const auto files = resolve_program(folder.add("p", elf64({.interpreter = loader, .needed = {"libx.so"}})),
                                     {.library_path = folder / "a:" + folder / "b:" + folder / "c"});
  REQUIRE(files);
  CHECK(paths_of(*files).contains(right));
  CHECK_FALSE(paths_of(*files).contains(folder / "a/libx.so"));
}

TEST_CASE("program files: a program for another machine says which, when its loader is not here") {
  const Folder folder;
  const auto files = resolve_program(
      folder.add("p", elf64({.machine = EM_AARCH64, .interpreter = "/nonexistent/ld-linux-aarch64.so.1"})));
  REQUIRE(!files);
  CHECK(files.error().code == ENOEXEC);
  CHECK(files.error().what.find("a program for aarch64") != std::string::npos);
  CHECK(files.error().what.find("/nonexistent/ld-linux-aarch64.so.1") != std::string::npos);
}

TEST_CASE("program files: musl's loader is its C library") {
  const Folder folder;
  const std::string loader = folder.add("ld-musl-x86_64.so.1", elf64({}));
  const std::string program =
      folder.add("p", elf64({.interpreter = loader, .needed = {"libc.so", "libc.musl-x86_64.so.1"}}));
  const auto files = resolve_program(program);
  REQUIRE(files);
  CHECK(paths_of(*files) == Paths{program, loader});
}

TEST_CASE("program files: a script brings its interpreter") {
  const Folder folder;
  const std::string interpreter = folder.add("sh", elf64({.type = ET_EXEC}));
  const std::string script = folder.add("script", "#! " + interpreter + " -e -x\necho hello\n");
  const auto files = resolve_program(script);
  REQUIRE(files);
  CHECK(files->program == script);
  CHECK(files->files.front().path == script);
  CHECK(paths_of(*files) == Paths{script, interpreter});
  CHECK(files->architecture == "x86_64");
}

TEST_CASE("program files: #!/usr/bin/env brings what env will look for") {
  const Folder folder;
  const std::string env = folder.add("bin/env", elf64({.type = ET_EXEC}));
  const std::string python = folder.add("bin/python3", elf64({.type = ET_EXEC}));
  for (const char* arguments : {"python3", "-S python3 -u", "-S -i A=1 python3"}) {
    const std::string script = folder.add("script", "#!" + env + " " + arguments + "\n");
    const auto files = resolve_program(script, {.search_path = folder / "bin"});
    REQUIRE(files);
    CHECK(paths_of(*files) == Paths{script, env, python});
  }
  CHECK(code_of(folder.add("script", "#!" + env + " no-such-interpreter\n")) == ENOENT);
}

TEST_CASE("program files: scripts that interpret scripts end somewhere") {
  const Folder folder;
  const std::string path = folder / "loop";
  CHECK(code_of(folder.add("loop", "#!" + path + "\n")) == ELOOP);
  const std::string interpreter = folder.add("sh", elf64({.type = ET_EXEC}));
  const std::string inner = folder.add("inner", "#!" + interpreter + "\n");
  CHECK(code_of(folder.add("outer", "#!" + inner + "\n")) == 0);
}

TEST_CASE("program files: what cannot be executed is refused as a shell would") {
  const Folder folder;
  CHECK(code_of(folder / "nothing") == ENOENT);
  CHECK(code_of(folder.path()) == EISDIR);
  CHECK(code_of(folder.add("data", elf64({}), fs::perms(0644))) == EACCES);
  CHECK(code_of("/dev/null") == EACCES);
  CHECK(code_of(folder.add("text", "just text\n")) == ENOEXEC);
  CHECK(code_of(folder.add("empty", "")) == ENOEXEC);
  CHECK(code_of(folder.add("cut", elf64({.needed = {"liba.so"}}).substr(0, 200))) == ENOEXEC);
  CHECK(code_of(folder.add("script", "#!/nonexistent/sh\n")) == ENOENT);
  CHECK(code_of(folder.add("script", "#!sh\n")) == ENOEXEC);
  CHECK(code_of(folder.add("script", "#!\n")) == ENOEXEC);
}
