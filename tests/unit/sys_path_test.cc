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

TEST_CASE("what is wrong with a path is said in words") {
  CHECK(sys::path_fault("/") == "");
  CHECK(sys::path_fault("/" + std::string(255, 'n')) == "");
  CHECK(sys::path_fault("/" + std::string(256, 'n') + "/x") == "has a component of more than 255 bytes");
  std::string path;
  while (path.size() < 4095)
    path += "/name";
  CHECK(path.size() == 4095);
  CHECK(sys::path_fault(path) == "");
  CHECK(sys::path_fault(path + "x") == "is longer than 4095 bytes");
  CHECK(sys::path_fault("") == "is empty");
  CHECK(sys::path_fault("a") == "is not absolute");
  CHECK(sys::path_fault("/a/") == "has a slash at its end");
  CHECK(sys::path_fault("/a//b") == "has a '//' in it");
  CHECK(sys::path_fault("/a/../b") == "has a '..' in it");
  CHECK(sys::path_fault(std::string("/a\0b", 4)) == "has a zero byte in it");
}

TEST_CASE("a link may lead anywhere, within what the kernel takes") {
  for (const char* target : {"a", "../../..", "//", "/a/./b/"})
    CHECK_MESSAGE(sys::is_link_target(target), target);
  CHECK(sys::is_link_target(std::string(4095, 'x')));
  CHECK_FALSE(sys::is_link_target(std::string(4096, 'x')));
  CHECK_FALSE(sys::is_link_target(""));
  CHECK_FALSE(sys::is_link_target(std::string("a\0b", 3)));
}

TEST_CASE("a temporary name follows from the name, and is no longer than a name may be") {
  CHECK(sys::temporary_beside("/a/b") == "/a/.nodeinit-new-b");
  CHECK(sys::temporary_beside("/b") == "/.nodeinit-new-b");
  CHECK(sys::temporary_name(std::string(200, 'a') + std::string(55, 'b')).size() == 255);
  CHECK(sys::temporary_name(std::string(255, 'a')) != sys::temporary_name(std::string(254, 'a') + "b"));
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
