// What a program on the front end prints, as log lines: whole lines, cut when long, and not too many.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"

namespace frontend {

class ProgramOutput {
 public:
  static constexpr std::size_t max_lines = 200;
  static constexpr std::size_t max_line = 200;  // bytes

  ProgramOutput(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::string title, sys::Log& log);
  ~ProgramOutput();  // what has arrived and was not read yet is lost: drain() first
  ProgramOutput(const ProgramOutput&) = delete;
  ProgramOutput& operator=(const ProgramOutput&) = delete;

  // Reads what is there now.
  void drain();

 private:
  void take(std::string_view text);
  void end_line();

  sys::Loop& loop_;
  std::unique_ptr<sys::Stream> stream_;
  const std::string title_;
  sys::Log& log_;
  sys::WatchId watch_ = 0;
  std::string line_;
  std::size_t lines_ = 0;
};

}  // namespace frontend
