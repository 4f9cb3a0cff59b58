#include "sys/path.h"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("a clean path is absolute and says where it leads without a detour") {
  for (const char* path : {"/", "/a", "/a/b", "/a/...", "/.a/b.", "/a b"})
    CHECK_MESSAGE(sys::is_clean_path(path), path);
  for (const char* path : {"", "a", "a/b", "//", "//a", "/a/", "/a//b", "/.", "/..", "/a/.", "/a/../b", "./a"})
    CHECK_MESSAGE(!sys::is_clean_path(path), path);
  CHECK_FALSE(sys::is_clean_path(std::string("/a\0b", 4)));
}

TEST_CASE("a clean path has a parent and a name") {
  CHECK(sys::parent_of("/a/b") == "/a");
  CHECK(sys::parent_of("/a") == "/");
  CHECK(sys::parent_of("/") == "/");
  CHECK(sys::name_in("/a/b") == "b");
  CHECK(sys::name_in("/a") == "a");
}

TEST_CASE("a path is within a directory by whole components") {
  CHECK(sys::is_within("/a", "/a"));
  CHECK(sys::is_within("/a/b", "/a"));
  CHECK(sys::is_within("/a", "/"));
  CHECK_FALSE(sys::is_within("/ab", "/a"));
  CHECK_FALSE(sys::is_within("/", "/a"));
}
