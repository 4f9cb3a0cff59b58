#include "content/hash.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

// A directory that goes with the test.
struct Scratch {
  Scratch() {
    char name[] = "/tmp/nodeinit-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string file(const std::string& content) const {
    std::ofstream(path + "/file", std::ios::binary) << content;
    return path + "/file";
  }
  std::string path;
};

std::string hash_of(std::string_view text) {
  content::Hasher hasher;
  hasher.add(std::as_bytes(std::span(text)));
  return content::format_hash(hasher.finish());
}

}  // namespace

// From another implementation: b2sum -l 256.
TEST_CASE("the hash is BLAKE2b-256") {
  CHECK(hash_of("") == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK(hash_of("abc") == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST_CASE("pieces make the same hash as the whole") {
  content::Hasher hasher;
  for (const char c : std::string_view("abc"))
    hasher.add(std::as_bytes(std::span(&c, 1)));
  CHECK(content::format_hash(hasher.finish()) == hash_of("abc"));
}

TEST_CASE("a file is hashed with its size") {
  const Scratch scratch;
  const auto empty = content::hash_file(scratch.file(""));
  REQUIRE(empty);
  CHECK(empty->size == 0);
  CHECK(content::format_hash(empty->hash) == hash_of(""));

  for (const std::size_t size : {1u, 131071u, 131072u, 131073u, 300000u}) {
    const std::string text(size, 'x');
    const auto found = content::hash_file(scratch.file(text));
    REQUIRE(found);
    CHECK(found->size == size);
    CHECK(content::format_hash(found->hash) == hash_of(text));
  }
}

TEST_CASE("what is no regular file is refused, without waiting for anybody") {
  const Scratch scratch;
  CHECK(content::hash_file(scratch.path + "/absent").error().code == ENOENT);
  CHECK(content::hash_file(scratch.path).error().code == EISDIR);
  CHECK(content::hash_file("/dev/zero").error().text() == "open /dev/zero: not a regular file");
  const std::string fifo = scratch.path + "/fifo";
  REQUIRE(std::system(("mkfifo " + fifo).c_str()) == 0);
  CHECK(content::hash_file(fifo).error().text() == "open " + fifo + ": not a regular file");
}

TEST_CASE("a file of the kernel that has no size is refused rather than called empty") {
  CHECK_FALSE(content::hash_file("/proc/self/status"));
}
