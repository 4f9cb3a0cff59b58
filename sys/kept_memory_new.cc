// operator new and delete of the programs that ship: as the library's own, but for large blocks (sys/kept_memory.h).
// Not part of the library sys, since tests count and fail allocations with operators of their own.
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "sys/kept_memory.h"

namespace {

bool is_kept_size(std::size_t size) { return size >= sys::KeptMemory::least && size <= sys::KeptMemory::most; }

void release(void* block) noexcept {
  if (block == nullptr) return;
  const std::size_t size = ::malloc_usable_size(block);
  if (is_kept_size(size)) return sys::kept_memory().keep(block, size);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  if (is_kept_size(size))
    if (void* block = sys::kept_memory().take(size)) return block;
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  sys::kept_memory().give_back();
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}

void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
