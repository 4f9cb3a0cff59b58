// Standard output or error of nodectl as something that never blocks the loop: data waits here until its reader takes
// it, and whoever produces data looks at full(). Once writing has failed it swallows everything.
//
//   idle --write()--> waiting --all taken: on_drained--> idle
//                        +-- abandon(), or write error: on_broken --> broken
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sys/loop.h"
#include "sys/stream.h"

namespace frontend {

class Output {
 public:
  static constexpr std::size_t high_water = 256u << 10;  // bytes

  Output(sys::Loop& loop, std::unique_ptr<sys::Stream> stream) : loop_(loop), stream_(std::move(stream)) {}
  ~Output() { stop_waiting(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view data);
  // Drops what waits and all that follows.
  void abandon();
  bool full() const { return pending_.size() - taken_ > high_water; }
  bool empty() const { return pending_.size() == taken_; }

  // What is called when nothing waits any more, and once when nothing can be written any more; maybe from inside
  // write().
  using Broken = std::function<void(const sys::Error& reason)>;
  void notify(std::function<void()> on_drained, Broken on_broken);

 private:
  void wait_for_reader();
  void write_some();
  void clear();
  void stop_waiting();

  sys::Loop& loop_;
  std::unique_ptr<sys::Stream> stream_;
  std::function<void()> on_drained_ = [] {};
  Broken on_broken_ = [](const sys::Error&) {};
  sys::WatchId watch_ = 0;
  std::string pending_;
  std::size_t taken_ = 0;  // of pending_
  bool broken_ = false;
};

}  // namespace frontend
