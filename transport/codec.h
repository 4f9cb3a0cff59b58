// Messages to bytes and back: cereal over a bounded archive of our own (transport/archive.h). Exceptions of
// cereal stop here. Bytes from outside are refused with a reason before anything is allocated for them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sys/result.h"
#include "transport/messages.h"

namespace transport {

std::uint16_t number_of(const Message& message);
// "Hello"; "message 77" for a number that nobody has.
std::string name_of_number(std::uint16_t number);

// Appends the body of `message` to `out`. A message that breaks a cap of its own fields is refused.
sys::Status encode(const Message& message, Bytes& out);
// The whole of `body` as a message of that number; bytes left over are an error. Of a Hello, Welcome or Refused of
// another protocol version nothing but the version is read, so that both sides can say what is wrong.
sys::Result<Message> decode(std::uint16_t number, std::span<const std::byte> body);

}  // namespace transport
