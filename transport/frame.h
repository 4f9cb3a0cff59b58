// Frames: a fixed header of 16 bytes, then the body. Little-endian. docs/PROTOCOL.md, "Frames".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sys/result.h"
#include "transport/messages.h"

namespace transport {

struct FrameHeader {
  static constexpr std::size_t size = 16;
  std::uint32_t body_size = 0;
  std::uint16_t number = 0;    // of the message
  std::uint16_t reserved = 0;  // sent as 0, refused otherwise
  std::uint64_t request = 0;   // chosen by who asks, repeated in answers; 0: not an answer, none expected
};

constexpr std::size_t max_body = 4u << 20;           // bytes, once the peer is recognised
constexpr std::size_t max_greeting_body = 4u << 10;  // before

void append_header(const FrameHeader& header, Bytes& out);
// Header and body of `message`. A message that breaks a cap or exceeds max_body is refused, and `out` is as before.
sys::Status append_frame(const Message& message, std::uint64_t request, Bytes& out);
// The header at the front of `bytes`; nothing while there are fewer than 16; refused when it claims more
// than `body_limit`.
sys::Result<std::optional<FrameHeader>> read_header(std::span<const std::byte> bytes, std::size_t body_limit);

}  // namespace transport
