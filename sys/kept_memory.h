// Large blocks of memory, kept for a while after their use. musl's free(3) gives such a block back to the kernel at once,
// and the next one comes as fresh pages, each with a fault and zeroed: for a stream of file blocks that costs more than
// decrypting them. sys/kept_memory_new.cc makes operator new and delete go through here in the programs that ship;
// a loop that has slept gives everything back, so that an idle program holds nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sys {

class KeptMemory {
 public:
  static constexpr std::size_t least = 32u << 10;  // bytes; smaller blocks are malloc(3)'s alone
  static constexpr std::size_t most = 1u << 20;    // bytes; larger ones too
  static constexpr std::size_t slots = 12;

  // A kept block of at least `size` bytes and at most four times as many; null: none is there.
  void* take(std::size_t size) noexcept;
  // Keeps it in the place of the one that nobody has wanted for longest, which is freed: sizes that are in use now drive out
  // those that were. `size`: what malloc_usable_size(3) says.
  void keep(void* block, std::size_t size) noexcept;
  // Frees all that is kept.
  void give_back() noexcept;
  // Bytes that are kept.
  std::size_t size() const noexcept;

 private:
  struct Slot {
    void* block = nullptr;
    std::size_t size = 0;
    std::uint64_t turn = 0;  // when it was kept
  };
  std::array<Slot, slots> slots_{};
  std::uint64_t turn_ = 0;
};

// The one of this process. Like the heap that it is a part of, it belongs to nobody: a global.
KeptMemory& kept_memory() noexcept;

}  // namespace sys
