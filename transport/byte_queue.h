// Bytes that come in at the back and leave at the front, and that keep no memory when they have left.
#pragma once

#include <cstddef>
#include <span>

#include "transport/messages.h"

namespace transport {

class ByteQueue {
 public:
  static constexpr std::size_t kept_capacity = 2048;  // bytes that an empty queue may hold on to

  std::span<const std::byte> data() const { return std::span(bytes_).subspan(begin_); }
  std::size_t size() const { return bytes_.size() - begin_; }
  bool empty() const { return size() == 0; }
  // To append to, and for nothing else.
  Bytes& tail() { return bytes_; }

  void consume(std::size_t count) {
    begin_ += count;
    if (empty()) {
      clear();
    } else if (begin_ > bytes_.size() / 2) {  // moves fewer bytes than have left
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
  }

  void clear() {
    begin_ = 0;
    bytes_.clear();
    if (bytes_.capacity() > kept_capacity) Bytes().swap(bytes_);
  }

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;  // of what has not left yet
};

}  // namespace transport
