#include "tests/fuzz/allocation.h"

#include <sanitizer/allocator_interface.h>

namespace fuzz {

namespace {

// The sanitizer calls plain functions.
struct Count {
  bool on = false;
  std::size_t bytes = 0;
};
Count count;

void on_malloc(const volatile void*, std::size_t size) {
  if (count.on) count.bytes += size;
}
void on_free(const volatile void*) {}

[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

}  // namespace

Allocations::Allocations() { count = {true, 0}; }
Allocations::~Allocations() { count.on = false; }
std::size_t Allocations::total() const { return count.bytes; }

std::size_t bytes_in_use() { return __sanitizer_get_current_allocated_bytes(); }

}  // namespace fuzz
