// Which file a command's name stands for.
#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "frontend/common/find_program.h"
#include "frontend/common/lexical_path.h"
#include "frontend/common/script.h"
#include "tests/unit/temporary_directory.h"

namespace {

namespace fs = std::filesystem;
using frontend::find_program;

struct Tree : fakes::TemporaryDirectory {
  std::string add(const std::string& name, fs::perms mode = fs::perms(0755)) const {
    const std::string path = *this / name;
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << "x";
    fs::permissions(path, mode);
    return path;
  }
};

}  // namespace

TEST_CASE("find program: a name with a slash is seen from the working directory and need not exist") {
  CHECK(find_program("./p", "/home/u", "/bin") == "/home/u/p");
  CHECK(find_program("a/./b//p", "/home/u", "/bin") == "/home/u/a/b/p");
  CHECK(find_program("/opt/p", "/home/u", "/bin") == "/opt/p");
}

TEST_CASE("find program: .. is the parent of where a link leads") {
  const Tree tree;
  const std::string wanted = tree.add("real/p");
  fs::create_directories(tree / "real/deep");
  fs::create_directory_symlink(tree / "real/deep", tree / "link");
  CHECK(find_program("link/../p", tree.path(), "") == wanted);
  CHECK(find_program(tree / "link/../p", "/", "") == wanted);
}

TEST_CASE("find program: a link that is named keeps its name") {
  const Tree tree;
  tree.add("bin/busybox");
  fs::create_symlink("busybox", tree / "bin/ls");
  CHECK(find_program("ls", "/", tree / "bin") == tree / "bin/ls");
  CHECK(find_program("../bin/ls", tree / "bin", "") == tree / "bin/ls");
}

TEST_CASE("find program: the first of the search path that can be executed") {
  const Tree tree;
  tree.add("a/p", fs::perms(0644));
  fs::create_directories(tree / "b/p");
  const std::string right = tree.add("c/p");
  tree.add("d/p");
  const std::string path = tree / "none:" + tree / "a:" + tree / "b:" + tree / "c:" + tree / "d";
  CHECK(find_program("p", "/", path) == right);
}

TEST_CASE("find program: an empty entry is the working directory") {
  const Tree tree;
  CHECK(find_program("p", tree.path(), "/nowhere:").error().code == ENOENT);
  const std::string right = tree.add("p");
  CHECK(find_program("p", tree.path(), "/nowhere:") == right);
  CHECK(find_program("p", tree.path(), "/nowhere:.") == right);
}

TEST_CASE("find program: what is there but may not be executed is another error") {
  const Tree tree;
  tree.add("a/p", fs::perms(0644));
  CHECK(find_program("p", "/", tree / "a").error().code == EACCES);
  CHECK(find_program("q", "/", tree / "a").error().code == ENOENT);
  CHECK(find_program("", "/", tree / "a").error().code == ENOENT);
}

TEST_CASE("lexical path: dots and slashes are resolved as text") {
  CHECK(frontend::absolute_path("/home/u", "../x//y") == "/home/x/y");
  CHECK(frontend::absolute_path("/", "../..") == "/");
  CHECK(frontend::absolute_path("/a", "/b/./c/") == "/b/c");
  CHECK(frontend::absolute_path("/a/b", "") == "/a/b");
}

TEST_CASE("script line: the interpreter is the first word") {
  CHECK(frontend::parse_script_line("#!/bin/sh\nexit")->interpreter == "/bin/sh");
  CHECK(frontend::parse_script_line("#! \t/bin/sh -e\r\n")->interpreter == "/bin/sh");
  CHECK(frontend::parse_script_line("#!/bin/sh")->interpreter == "/bin/sh");
  CHECK_FALSE(frontend::parse_script_line("#!\n/bin/sh"));
  CHECK_FALSE(frontend::parse_script_line("#!"));
  CHECK_FALSE(frontend::parse_script_line(" #!/bin/sh"));
  CHECK(frontend::parse_script_line("#!/bin/sh env")->looked_up.empty());
  CHECK(frontend::parse_script_line("#!/usr/bin/env bash")->looked_up == "bash");
  CHECK(frontend::parse_script_line("#!/usr/bin/env")->looked_up.empty());
}
