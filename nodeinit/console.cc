#include "nodeinit/console.h"

#include <cerrno>
#include <utility>

#include "sys/text.h"

namespace node {

namespace {

// "nodeinit[  1.234]: ", seconds since nodeinit's first instruction.
std::string stamp(sys::Duration since) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  std::string seconds = sys::cat(ms / 1000);
  if (seconds.size() < 3) seconds.insert(0, 3 - seconds.size(), ' ');
  const std::string fraction = sys::cat(1000 + ms % 1000);
  return sys::cat("nodeinit[", seconds, ".", std::string_view(fraction).substr(1), "]: ");
}

}  // namespace

Console::~Console() { stop_waiting(); }

void Console::attach(std::unique_ptr<sys::Stream> stream) {
  stop_waiting();
  stream_ = std::move(stream);
  pump();
}

void Console::pump() {
  if (!stream_ || watch_ != 0) return;
  while (!pending_.empty() || fill()) {
    const auto written = stream_->write(std::as_bytes(std::span(pending_)));
    if (written) {
      pending_.erase(0, *written);
    } else if (written.error().code == EAGAIN) {
      return wait_until_writable();
    } else {
      pending_.clear();  // a broken console costs its lines; the ring has them for the front end
    }
  }
}

bool Console::fill() {
  sys::LogLine line;
  while (log_.read(next_, line)) {
    const std::uint64_t lost = line.sequence - next_;
    next_ = line.sequence + 1;
    if (!least_ || line.severity > *least_) continue;
    const std::string start = stamp(loop_.clock().now() - birth_);
    if (lost > 0) pending_ = sys::cat(start, lost, " lines lost here: the console is too slow\n");
    pending_ += sys::cat(start, line.text, '\n');
    return true;
  }
  return false;
}

void Console::wait_until_writable() {
  const auto watch = loop_.watch(stream_->fd(), sys::Ready::write, [this](sys::Ready) {
    stop_waiting();
    pump();
  });
  // A console that can not be waited for is tried again with the next line.
  if (watch) watch_ = *watch;
}

void Console::stop_waiting() { loop_.unwatch(std::exchange(watch_, 0)); }

}  // namespace node
