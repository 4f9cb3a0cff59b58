#include "sys/kept_memory.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sys {

namespace {
constinit KeptMemory kept;
}

KeptMemory& kept_memory() noexcept { return kept; }

// The smallest that fits, so that a large one is there for who needs it.
void* KeptMemory::take(std::size_t size) noexcept {
  Slot* best = nullptr;
  for (Slot& slot : slots_)
    if (slot.size >= size && slot.size / 4 <= size && (best == nullptr || slot.size < best->size)) best = &slot;
  return best == nullptr ? nullptr : std::exchange(*best, {}).block;
}

void KeptMemory::keep(void* block, std::size_t size) noexcept {
  // An empty slot has turn 0.
  Slot& place =
      *std::min_element(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) { return a.turn < b.turn; });
  std::free(place.block);
  place = {block, size, ++turn_};
}

void KeptMemory::give_back() noexcept {
  for (Slot& slot : slots_)
    std::free(std::exchange(slot, {}).block);
}

std::size_t KeptMemory::size() const noexcept {
  std::size_t sum = 0;
  for (const Slot& slot : slots_)
    sum += slot.size;
  return sum;
}

}  // namespace sys
