// Bytes that come in at the back and leave at the front. The memory of what has left serves what comes next, as long as
// bytes keep coming: memory that comes fresh from the kernel costs more than all that is done to the bytes in it. Its
// owner calls give_back() when it has nothing more to do.
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
  Bytes& tail() {
    if (begin_ > bytes_.size() / 2) {  // moves fewer bytes than have left
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    return bytes_;
  }

  void consume(std::size_t count) {
    begin_ += count;
    if (empty()) clear();
  }

  void clear() {
    begin_ = 0;
    bytes_.clear();
  }

  void give_back() {
    if (empty() && bytes_.capacity() > kept_capacity) Bytes().swap(bytes_);
  }

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;  // of what has not left yet
};

}  // namespace transport
