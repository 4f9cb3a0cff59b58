#include "frontend/nodectl/output.h"

#include <cerrno>
#include <utility>

namespace frontend {
namespace {

// What a pipe that is ready takes without blocking (PIPE_BUF, pipe(7)).
constexpr std::size_t piece_size = 4096;

}  // namespace

void Output::notify(std::function<void()> on_drained, Broken on_broken) {
  on_drained_ = std::move(on_drained);
  on_broken_ = std::move(on_broken);
}

void Output::write(std::string_view data) {
  if (broken_) return;
  pending_ += data;
  if (watch_ == 0 && !empty()) wait_for_reader();
}

// A regular file cannot be watched (EPERM, epoll_ctl(2)), and need not be: it is always ready.
void Output::wait_for_reader() {
  const auto watch = loop_.watch(stream_->fd(), sys::Ready::write, [this](sys::Ready) { write_some(); });
  if (watch) {
    watch_ = *watch;
    return;
  }
  while (!empty())
    write_some();
}

void Output::write_some() {
  const std::string_view piece = std::string_view(pending_).substr(taken_, piece_size);
  const auto written = stream_->write(std::as_bytes(std::span(piece)));
  if (!written && written.error().code == EAGAIN) return;
  if (!written) {
    abandon();
    return on_broken_(written.error());
  }
  taken_ += *written;
  if (taken_ > high_water) pending_.erase(0, std::exchange(taken_, 0));
  if (!empty()) return;
  clear();
  on_drained_();
}

void Output::abandon() {
  broken_ = true;
  clear();
}

void Output::clear() {
  pending_.clear();
  taken_ = 0;
  stop_waiting();
}

void Output::stop_waiting() {
  if (watch_ != 0) loop_.unwatch(std::exchange(watch_, 0));
}

}  // namespace frontend
