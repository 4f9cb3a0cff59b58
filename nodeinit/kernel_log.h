// The log's way to /dev/kmsg, so that it is in dmesg and in what the kernel keeps of a crash (pstore). Lines go in as
// debug messages, which the kernel does not print: they are on the console already. The rate is bounded, as the
// kernel's buffer is everyone's.
#pragma once

#include <cstdint>

#include "sys/files.h"
#include "sys/log.h"

namespace node {

class KernelLog {
 public:
  static constexpr unsigned burst = 100;                            // lines at once
  static constexpr sys::Duration refill = std::chrono::seconds(1);  // for one more line

  KernelLog(sys::Files& files, sys::Clock& clock, sys::Log& log) : files_(files), clock_(clock), log_(log) {}

  // Until then nothing is written; then everything that the ring still holds.
  void enable();
  void pump();

 private:
  bool take_token();

  sys::Files& files_;
  sys::Clock& clock_;
  sys::Log& log_;
  bool enabled_ = false;
  std::uint64_t next_ = 1;     // sequence of the next line to write
  std::uint64_t dropped_ = 0;  // since the last line that was written
  unsigned tokens_ = burst;
  sys::Instant refilled_{};
};

}  // namespace node
