// The log's way to the console: lines are written as they come, without ever waiting. A console that does not take them
// at once (a serial line) gets the rest when it is writable again; when the log's ring overtakes it, the lines between
// are lost, and it says how many.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"

namespace node {

class Console {
 public:
  // `birth`: the zero of the times that are shown.
  Console(sys::Loop& loop, sys::Log& log, sys::Instant birth) : loop_(loop), log_(log), birth_(birth) {}
  ~Console();

  // Writes to `stream` from now on, beginning with the line that was not yet written.
  void attach(std::unique_ptr<sys::Stream> stream);
  // Lines less severe than `least` are not shown; nothing: none are.
  void show(std::optional<sys::Severity> least) { least_ = least; }
  // The log has a new line.
  void pump();

 private:
  bool fill();  // the next line to write into pending_; false when there is none
  void wait_until_writable();
  void stop_waiting();

  sys::Loop& loop_;
  sys::Log& log_;
  sys::Instant birth_;
  std::optional<sys::Severity> least_ = sys::Severity::info;
  std::unique_ptr<sys::Stream> stream_;
  sys::WatchId watch_ = 0;  // for writability; 0: not waiting
  std::uint64_t next_ = 1;  // sequence of the next line to write
  std::string pending_;     // what is left of the line that is being written
};

}  // namespace node
