// Standard output or error of nodectl as something that never blocks the loop: data waits here until its reader takes it, and
// whoever produces it looks at full(). A reader that has gone away ends the output for good.
#pragma once

#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "sys/loop.h"

namespace frontend {

class Output {
 public:
  static constexpr std::size_t high_water = 256u << 10;  // bytes

  // `fd` is that of `file`. `drained` is called when nothing waits any more; `broken` once, when the reader is gone.
  Output(sys::Loop& loop, std::FILE* file, int fd, std::function<void()> drained, std::function<void()> broken);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view data);
  bool full() const { return pending_.size() - sent_ > high_water; }
  bool empty() const { return pending_.size() == sent_; }

 private:
  void write_some();
  void wait_until_writable();
  void idle();

  sys::Loop& loop_;
  std::FILE* file_;
  int fd_;
  std::function<void()> drained_;
  std::function<void()> broken_;
  sys::WatchId watch_ = 0;
  std::string pending_;
  std::size_t sent_ = 0;  // of pending_
  bool gone_ = false;
};

}  // namespace frontend
