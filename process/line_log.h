// The output of a setup step's program as lines of the log: whole lines, long ones cut into pieces, and not
// more per second than the log's ring can bear. What is left out is counted and said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sys/clock.h"
#include "sys/log.h"

namespace process {

class LineLog {
 public:
  static constexpr std::size_t piece_limit = 160;  // bytes of one log line
  static constexpr unsigned lines_per_second = 50;

  LineLog(sys::Log& log, sys::Clock& clock, std::string prefix);
  void add(std::span<const std::byte> bytes);
  // The last line, also without a newline, and what was left out until now.
  void finish();

 private:
  void write_line();
  void say_left_out();

  sys::Log& log_;
  sys::Clock& clock_;
  std::string prefix_;
  std::string line_;
  sys::Instant second_;         // when the current second's count began
  unsigned written_ = 0;        // in it
  std::uint64_t left_out_ = 0;  // lines, not yet said
};

}  // namespace process
