#include "frontend/nodectl/output.h"

#include <utility>

namespace frontend {
namespace {

// A pipe that is ready for writing takes this much without blocking (PIPE_BUF, pipe(7)).
constexpr std::size_t piece_size = 4096;

}  // namespace

Output::Output(sys::Loop& loop, std::FILE* file, int fd, std::function<void()> drained, std::function<void()> broken)
    : loop_(loop), file_(file), fd_(fd), drained_(std::move(drained)), broken_(std::move(broken)) {
  std::setvbuf(file_, nullptr, _IONBF, 0);
}

Output::~Output() { idle(); }

void Output::write(std::string_view data) {
  if (gone_) return;
  pending_ += data;
  if (watch_ == 0 && !empty()) wait_until_writable();
}

// A regular file cannot be watched (EPERM, epoll_ctl(2)), and need not be: it is always writable.
void Output::wait_until_writable() {
  const auto watch = loop_.watch(fd_, sys::Ready::write, [this](sys::Ready) { write_some(); });
  if (watch) {
    watch_ = *watch;
    return;
  }
  while (!empty() && !gone_)
    write_some();
}

void Output::write_some() {
  const std::string_view piece = std::string_view(pending_).substr(sent_, piece_size);
  if (std::fwrite(piece.data(), 1, piece.size(), file_) != piece.size()) {
    gone_ = true;
    pending_.clear();
    sent_ = 0;
    idle();
    return broken_();
  }
  sent_ += piece.size();
  if (sent_ > high_water) pending_.erase(0, std::exchange(sent_, 0));
  if (!empty()) return;
  pending_.clear();
  sent_ = 0;
  idle();
  drained_();
}

void Output::idle() {
  if (watch_ != 0) loop_.unwatch(std::exchange(watch_, 0));
}

}  // namespace frontend
