// Messages made up from a fuzzer's bytes. They are well-formed whatever the bytes are, so that a sequence of them gets past
// the codec; what they say is as wild as the bytes. The fields of every message are those of transport/serialize.h, read
// by an archive that never refuses.
#pragma once

#include <initializer_list>
#include <string_view>

#include "tests/fuzz/fuzz.h"
#include "transport/messages.h"

namespace fuzz {

// Contents that a peer may really have: their hashes and sizes turn up in invented messages.
std::string_view content(std::size_t index);
constexpr std::size_t contents = 3;
transport::Content name_of_content(std::size_t index);

// One of `kinds` (numbers of messages), mostly; any message at all now and then.
transport::Message invent(Input& input, std::initializer_list<std::uint16_t> kinds);
template <class T> T invent_one(Input& input) { return std::get<T>(invent(input, {T::number})); }

// As it travels; nothing when it is too long.
transport::Bytes frame_of(const transport::Message& message, std::uint64_t request = 0);
// A header that may be wrong, and a body that is what the input says.
transport::Bytes raw_frame(Input& input);

}  // namespace fuzz
