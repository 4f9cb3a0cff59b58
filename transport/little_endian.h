// Integers on the wire: little-endian, of fixed width, whatever the machine is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "transport/messages.h"

namespace transport {

// Fills `out`, at most 8 bytes, with the lowest bytes of `value`.
inline void store_little(std::uint64_t value, std::span<std::byte> out) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::byte>(value >> (8 * i));
}

// Appends the lowest `width` bytes of `value`.
inline void append_little(std::uint64_t value, std::size_t width, Bytes& out) {
  out.resize(out.size() + width);
  store_little(value, std::span(out).last(width));
}

// All of `bytes`, at most 8, as one integer.
inline std::uint64_t read_little(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i)
    value = value << 8 | static_cast<std::uint64_t>(bytes[i - 1]);
  return value;
}

}  // namespace transport
