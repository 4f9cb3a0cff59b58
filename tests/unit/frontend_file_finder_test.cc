// What `file` steps find on the front end: real files in a directory of the test's own.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "frontend/nodemaster/step_files.h"
#include "sys/text.h"
#include "tests/unit/temporary_directory.h"

namespace {

using frontend::FileNeed;
using frontend::find_files;
using transport::Content;
using transport::DirectoryMark;
using transport::LinkTarget;

struct Folder {
  fakes::TemporaryDirectory directory;
  std::string path(const std::string& name) const { return directory / name; }
  void write(const std::string& name, const std::string& text, unsigned mode = 0644) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
    std::filesystem::permissions(path(name), static_cast<std::filesystem::perms>(mode));
  }
};

// "PATH KIND MODE" of every entry.
std::vector<std::string> story(const transport::FileStep& step) {
  std::vector<std::string> lines;
  for (const auto& entry : step.entries) {
    constexpr std::string_view kinds[] = {"file", "text", "directory", "link"};
    char mode[8];
    std::snprintf(mode, sizeof mode, "%o", entry.mode);
    lines.push_back(sys::cat(entry.path, " ", kinds[entry.what.index()], " ", mode));
  }
  return lines;
}
using Story = std::vector<std::string>;

Story found(const FileNeed& need) {
  const auto step = find_files(need);
  REQUIRE_MESSAGE(step, step.error().text());
  return story(std::get<transport::FileStep>(step->action));
}
std::string failure(const FileNeed& need) {
  const auto step = find_files(need);
  REQUIRE_FALSE(step);
  return step.error().text();
}

TEST_CASE("one file, with its mode and time, or with those that the plan says") {
  Folder folder;
  folder.write("prog", "text", 0755);
  CHECK(found({.source = folder.path("prog"), .path = "/bin/prog"}) == Story{"/bin/prog file 755"});
  CHECK(found({.source = folder.path("prog"), .path = "/bin/prog", .mode = 0600}) == Story{"/bin/prog file 600"});
  const auto step = *find_files({.source = folder.path("prog"), .path = "/p", .owner = frontend::FileOwner{5, 6}});
  const auto& entry = std::get<transport::FileStep>(step.action).entries.at(0);
  CHECK(std::get<Content>(entry.what).size == 4);
  CHECK(entry.uid == 5);
  CHECK(entry.gid == 6);
  CHECK(entry.modified_ns > 0);
  REQUIRE(step.sources.size() == 1);
  CHECK(step.sources[0].path == folder.path("prog"));
  const auto untimed = *find_files({.source = folder.path("prog"), .path = "/p", .times = false});
  CHECK(std::get<transport::FileStep>(untimed.action).entries.at(0).modified_ns == 0);
}

TEST_CASE("a tree, directories before what is in them, links as links, without what is excluded") {
  Folder folder;
  folder.write("t/a", "1");
  folder.write("t/sub/b.py", "2", 0600);
  folder.write("t/sub/b.pyc", "3");
  folder.write("t/skip/x", "4");
  std::filesystem::create_symlink("a", folder.path("t/l"));
  CHECK(found({.source = folder.path("t"), .path = "/n", .exclude = {"*.pyc", "skip"}}) ==
        Story{"/n directory 755", "/n/a file 644", "/n/l link 777", "/n/sub directory 755", "/n/sub/b.py file 600"});
  CHECK(found({.source = folder.path("t/skip"), .path = "/"}) == Story{"/x file 644"});
}

TEST_CASE("what fits a pattern goes into one directory") {
  Folder folder;
  for (const char* name : {"lib/x.so.1", "lib/y.so.2", "lib/z.a", "lib/.hidden.so.1"})
    folder.write(name, name);
  CHECK(found({.source = folder.path("l*/*.so.[12]"), .path = "/lib"}) ==
        Story{"/lib/x.so.1 file 644", "/lib/y.so.2 file 644"});
  CHECK(failure({.source = folder.path("*.nothing"), .path = "/lib"}).find("*.nothing") != std::string::npos);
}

TEST_CASE("what cannot be copied is named") {
  Folder folder;
  CHECK(failure({.source = folder.path("gone"), .path = "/x"}).find("gone: No such file") != std::string::npos);
  folder.write("t/a", "1");
  REQUIRE(::mkfifo(folder.path("t/pipe").c_str(), 0600) == 0);
  CHECK(failure({.source = folder.path("t"), .path = "/x"}).find("t/pipe is a device, socket or pipe") !=
        std::string::npos);
  CHECK(find_files({.source = folder.path("t"), .path = "/x", .exclude = {"pipe"}}));
  std::filesystem::create_symlink("..", folder.path("t/up"));  // not followed, or it would never end
  CHECK(found({.source = folder.path("t"), .path = "/x", .exclude = {"pipe"}}).size() == 3);
}

TEST_CASE("a step of too many files is refused, with the advice to divide it") {
  Folder folder;
  std::filesystem::create_directories(folder.path("t"));
  for (int i = 0; i < 16385; ++i)
    std::filesystem::create_symlink("x", folder.path("t/") + std::to_string(i));
  CHECK(failure({.source = folder.path("t"), .path = "/x"}).find("divide it") != std::string::npos);
}

}  // namespace
