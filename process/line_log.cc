#include "process/line_log.h"

#include <utility>

namespace process {

LineLog::LineLog(sys::Log& log, sys::Clock& clock, std::string prefix)
    : log_(log), clock_(clock), prefix_(std::move(prefix)), second_(clock.now()) {}

void LineLog::add(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    const char c = static_cast<char>(byte);
    if (c == '\n' || line_.size() == piece_limit) write_line();
    if (c != '\n') line_ += c;
  }
}

void LineLog::finish() {
  if (!line_.empty()) write_line();
  say_left_out();
}

void LineLog::write_line() {
  const auto now = clock_.now();
  if (now - second_ >= std::chrono::seconds(1)) {
    say_left_out();
    second_ = now;
    written_ = 0;
  }
  if (written_ < lines_per_second) {
    written_++;
    log_.info(prefix_, ": ", line_);
  } else {
    left_out_++;
  }
  line_.clear();
}

void LineLog::say_left_out() {
  if (left_out_ > 0) log_.warning(prefix_, ": ", left_out_, " more lines in one second, left out");
  left_out_ = 0;
}

}  // namespace process
