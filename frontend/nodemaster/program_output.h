// What a program on the front end prints, as whole lines, cut when long.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sys/loop.h"
#include "sys/stream.h"

namespace frontend {

class ProgramOutput {
 public:
  static constexpr std::size_t max_line = 200;  // bytes
  using Line = std::function<void(std::string_view)>;

  // `line` is called from drain() and finish(), and from the loop as output comes.
  ProgramOutput(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, Line line);
  ~ProgramOutput() { loop_.unwatch(watch_); }
  ProgramOutput(const ProgramOutput&) = delete;
  ProgramOutput& operator=(const ProgramOutput&) = delete;

  // Reads what is there now, and takes what is left for a line, though its end is missing.
  void finish();

 private:
  void drain();
  void take(std::string_view text);
  void end_line();

  sys::Loop& loop_;
  std::unique_ptr<sys::Stream> stream_;
  const Line say_;
  sys::WatchId watch_ = 0;
  std::string line_;
};

}  // namespace frontend
