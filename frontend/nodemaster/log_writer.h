// Writes the log to stderr, for a supervisor or a person: "2026-03-01T12:00:05Z warning: n3: up -> down: ...". Never
// blocks; what a slow reader misses is counted. A line that begins with a blank goes on with the one before and has no
// stamp, so that it can be pasted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"

namespace frontend {

class LogWriter {
 public:
  // Takes the log's hook. Lines that are less severe than `least` are left out.
  LogWriter(sys::Loop& loop, sys::Log& log, std::unique_ptr<sys::Stream> stream, sys::Severity least);
  ~LogWriter();  // writes what the stream takes at once
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

 private:
  void on_line();
  void pump();
  bool fill();

  sys::Loop& loop_;
  sys::Log& log_;
  std::unique_ptr<sys::Stream> stream_;
  const sys::Severity least_;
  std::uint64_t next_ = 1;  // sequence of the next line
  std::string pending_;     // begun, not yet taken by the stream
  sys::WatchId watch_ = 0;  // while the stream takes no more
  bool scheduled_ = false;
};

}  // namespace frontend
