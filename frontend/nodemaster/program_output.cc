#include "frontend/nodemaster/program_output.h"

#include <array>
#include <cerrno>

namespace frontend {

ProgramOutput::ProgramOutput(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, Line line)
    : loop_(loop), stream_(std::move(stream)), say_(std::move(line)) {
  if (const auto id = loop_.watch(stream_->fd(), sys::Ready::read, [this](sys::Ready) { drain(); })) watch_ = *id;
}

void ProgramOutput::finish() {
  drain();
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
  if (!line_.empty()) say_(line_);
  line_.clear();
}

}  // namespace frontend
