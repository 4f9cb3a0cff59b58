#include "frontend/common/glob.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/unit/frontend_program_folder.h"

using frontend::expand_glob;
using Paths = std::vector<std::string>;

TEST_CASE("glob: what matches, sorted, in any component") {
  const fakes::ProgramFolder folder;
  for (const char* name : {"b/libx.so.2", "a/libx.so.2", "a/libx.so.10", "a/.libx.so.2", "c", "a/sub/libx.so.2"})
    folder.add(name, "");
  CHECK(*expand_glob(folder / "a/libx.so.*", 9) == Paths{folder / "a/libx.so.10", folder / "a/libx.so.2"});
  CHECK(*expand_glob(folder / "*/libx.so.?", 9) == Paths{folder / "a/libx.so.2", folder / "b/libx.so.2"});
  CHECK(*expand_glob(folder / "[ab]/lib*[!0]", 9) == Paths{folder / "a/libx.so.2", folder / "b/libx.so.2"});
  CHECK(*expand_glob(folder / "a/.lib*", 9) == Paths{folder / "a/.libx.so.2"});
  CHECK(*expand_glob(folder / "**/libx.so.10", 9) == Paths{folder / "a/libx.so.10"});
  CHECK(*expand_glob(folder / "a/libx.so.2", 9) == Paths{folder / "a/libx.so.2"});
  folder.link("a/liby.so", "dangling");
  CHECK(*expand_glob(folder / "a/liby*", 9) == Paths{folder / "a/liby.so"});
}

TEST_CASE("glob: no match, too many, and what is no pattern are refused by name") {
  const fakes::ProgramFolder folder;
  folder.add("a/x", "");
  folder.add("a/y", "");
  for (const char* pattern : {"a/z*", "*/x/*", "none/*", "*/none"}) {
    const auto found = expand_glob(folder / pattern, 9);
    REQUIRE(!found);
    CHECK(found.error().code == ENOENT);
    CHECK(found.error().what == "nothing matches " + folder / pattern);
  }
  CHECK(expand_glob(folder / "a/*", 2));
  CHECK(expand_glob(folder / "a/*", 1).error().what == folder / "a/*: more than 1 paths match");
  for (const char* pattern : {"", "a/*", "/a/../*", "//*", "/*/"})
    CHECK(expand_glob(pattern, 9).error().what.find("the pattern '") == 0);
}
