// What the fuzz targets share. A target is a file NAME.cc with LLVMFuzzerTestOneInput() (libFuzzer); its header comment
// says how it reads its input, and what has to hold besides that nothing crashes or leaks. docs/SECURITY.md,
// "Fuzzing", lists the targets and how long each has run; scripts/fuzz runs them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace fuzz {

// A promise that the input has broken is a finding: it is named, and the process ends so that libFuzzer keeps the input.
inline void require(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// The fuzzer's bytes, taken from the front. When they are used up, everything is 0 and empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(std::as_bytes(std::span(data, size))) {}
  explicit Input(std::span<const std::byte> bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  std::size_t size() const { return left_.size(); }
  std::uint8_t byte() {
    const auto one = take(1);
    return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one[0]);
  }
  bool flag() { return (byte() & 1) != 0; }
  std::uint16_t word() {
    const unsigned low = byte();
    return static_cast<std::uint16_t>(low | static_cast<unsigned>(byte()) << 8);
  }
  // At most so many bytes.
  std::span<const std::byte> take(std::size_t size) {
    const auto bytes = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(bytes.size());
    return bytes;
  }
  std::span<const std::byte> rest() { return take(left_.size()); }

 private:
  std::span<const std::byte> left_;
};

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Calls `each` with `bytes` in pieces whose sizes are those of `sizes` in turn (0: 256), the rest at once after so many;
// without sizes, with all of them.
constexpr std::size_t most_pieces = 64;
template <class Each> void in_pieces(std::span<const std::byte> bytes, std::span<const std::byte> sizes, Each each) {
  for (std::size_t turn = 0; !bytes.empty(); ++turn) {
    std::size_t size = bytes.size();
    if (!sizes.empty() && turn < most_pieces) size = std::to_integer<std::size_t>(sizes[turn % sizes.size()]);
    const auto piece = bytes.first(std::min(size == 0 ? 256 : size, bytes.size()));
    each(piece);
    bytes = bytes.subspan(piece.size());
  }
}

}  // namespace fuzz
