// Messages made up from a fuzzer's bytes. They are well-formed whatever the bytes are, so that a sequence of them gets past
// the codec; what they say is as wild as the bytes. The fields of every message are those of transport/serialize.h, read
// by an archive that never refuses.
#pragma once

#include <cstdint>
#include <string_view>

#include "tests/fuzz/fuzz.h"
#include "transport/messages.h"

namespace fuzz {

// Contents that a peer may really have: their hashes and sizes turn up in invented messages.
std::string_view content(std::size_t index);
constexpr std::size_t contents = 3;
transport::Content name_of_content(std::size_t index);

// Numbers of messages, as docs/PROTOCOL.md has them: who says them, and on which connection.
struct Range {
  std::uint16_t first, last;
};
constexpr Range node_control{1, 19}, node_bulk{20, 99}, master_control{100, 119}, master_bulk{120, 199},
    commands{200, 249};

// One of the messages in `range`, mostly; any message at all now and then.
transport::Message invent(Input& input, Range range);
template <class T> T invent_one(Input& input) { return std::get<T>(invent(input, Range{T::number, T::number})); }

// As it travels; nothing when it is too long.
transport::Bytes frame_of(const transport::Message& message, std::uint64_t request = 0);
// A header that may be wrong, and a body that is what the input says.
transport::Bytes raw_frame(Input& input);

}  // namespace fuzz
