#include "sys/kept_memory.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

namespace {

constexpr std::size_t kib = 1024;

struct Kept {
  sys::KeptMemory memory;
  void* keep(std::size_t size) {
    void* const block = std::malloc(size);
    memory.keep(block, size);
    return block;
  }
  ~Kept() { memory.give_back(); }
};

}  // namespace

TEST_CASE("kept memory: a block serves once more, for as much as it has") {
  Kept kept;
  void* const block = kept.keep(256 * kib);
  CHECK(kept.memory.size() == 256 * kib);
  CHECK(kept.memory.take(257 * kib) == nullptr);
  CHECK(kept.memory.take(256 * kib) == block);
  CHECK(kept.memory.size() == 0);
  CHECK(kept.memory.take(256 * kib) == nullptr);
  std::free(block);
}

TEST_CASE("kept memory: a small request does not take a large block, and takes the smallest that fits") {
  Kept kept;
  void* const large = kept.keep(512 * kib);
  void* const small = kept.keep(128 * kib);
  CHECK(kept.memory.take(100 * kib) == small);
  CHECK(kept.memory.take(100 * kib) == nullptr);
  CHECK(kept.memory.take(200 * kib) == large);
  std::free(small);
  std::free(large);
}

TEST_CASE("kept memory: the size that is in use drives out what was kept before") {
  Kept kept;
  for (std::size_t i = 0; i < sys::KeptMemory::slots; ++i)
    kept.keep(64 * kib);
  void* const block = kept.keep(256 * kib);
  CHECK(kept.memory.size() == (sys::KeptMemory::slots - 1) * 64 * kib + 256 * kib);
  CHECK(kept.memory.take(256 * kib) == block);
  kept.keep(64 * kib);  // into the slot that is empty now
  CHECK(kept.memory.size() == sys::KeptMemory::slots * 64 * kib);
  std::free(block);
}

TEST_CASE("kept memory: all of it can be given back") {
  Kept kept;
  for (std::size_t i = 0; i < sys::KeptMemory::slots + 1; ++i)
    kept.keep(64 * kib);
  kept.memory.give_back();
  CHECK(kept.memory.size() == 0);
  kept.keep(64 * kib);
}
