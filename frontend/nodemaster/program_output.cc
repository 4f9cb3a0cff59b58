#include "frontend/nodemaster/program_output.h"

#include <array>
#include <cerrno>

#include "sys/text.h"

namespace frontend {

ProgramOutput::ProgramOutput(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::string title, sys::Log& log)
    : loop_(loop), stream_(std::move(stream)), title_(std::move(title)), log_(log) {
  if (const auto id = loop_.watch(stream_->fd(), sys::Ready::read, [this](sys::Ready) { drain(); })) watch_ = *id;
}

ProgramOutput::~ProgramOutput() {
  loop_.unwatch(watch_);
  end_line();
}

void ProgramOutput::drain() {
  constexpr unsigned reads_per_turn = 16;
  std::array<std::byte, 4096> buffer;
  for (unsigned i = 0; i < reads_per_turn; ++i) {
    const auto got = stream_->read(buffer);
    if (!got && got.error().code == EAGAIN) return;
    if (!got || *got == 0) return loop_.unwatch(std::exchange(watch_, 0));
    take({reinterpret_cast<const char*>(buffer.data()), *got});
  }
}

void ProgramOutput::take(std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      end_line();
    } else if (line_.size() < max_line) {
      line_ += c;
    }
  }
}

void ProgramOutput::end_line() {
  if (line_.empty()) return;
  ++lines_;
  if (lines_ <= max_lines) log_.info(title_, ": ", line_);
  if (lines_ == max_lines) log_.info(title_, ": prints more than ", max_lines, " lines; the rest is dropped");
  line_.clear();
}

}  // namespace frontend
