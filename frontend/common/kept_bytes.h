// The part of a long stream of bytes that may be needed once more: what comes is added at the end, what has been taken
// leaves at the front, and positions are counted from the stream's first byte on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "transport/byte_queue.h"

namespace frontend {

class KeptBytes {
 public:
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return begin_ + bytes_.size(); }

  void add(std::span<const std::byte> data) {
    transport::Bytes& tail = bytes_.tail();
    tail.insert(tail.end(), data.begin(), data.end());
  }
  // What stands before `position` is not needed any more.
  void drop(std::uint64_t position) {
    const std::uint64_t kept = std::clamp(position, begin_, end());
    bytes_.consume(static_cast<std::size_t>(kept - begin_));
    bytes_.give_back();
    begin_ = kept;
  }
  // Begins anew, empty, at `position`.
  void restart(std::uint64_t position) {
    bytes_.clear();
    begin_ = position;
  }
  // From `position` on; empty where nothing is kept.
  std::span<const std::byte> from(std::uint64_t position) const {
    if (position < begin_ || position >= end()) return {};
    return bytes_.data().subspan(static_cast<std::size_t>(position - begin_));
  }

 private:
  std::uint64_t begin_ = 0;
  transport::ByteQueue bytes_;
};

}  // namespace frontend
