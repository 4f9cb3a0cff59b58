#include "process/input_pump.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace process {
namespace {

constexpr std::uint64_t portion = InputPump::window / 4;  // so that a slow reader does not cost a message per line

}  // namespace

InputPump::InputPump(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, Tell tell, std::string_view at_end)
    : loop_(loop), stream_(std::move(stream)), tell_(std::move(tell)), at_end_(at_end), retry_(loop) {}

InputPump::~InputPump() { stop_watching(); }

bool InputPump::add(std::uint64_t offset, std::span<const std::byte> data, bool end) {
  if (data.size() > window || offset > taken_ + window - data.size()) return false;
  if (!stream_ || end_ || offset > received_) return true;
  const std::uint64_t known = received_ - offset;
  if (known > data.size()) return true;
  const auto fresh = data.subspan(static_cast<std::size_t>(known));
  make_room();
  waiting_.insert(waiting_.end(), fresh.begin(), fresh.end());
  if (!fresh.empty()) within_line_ = fresh.back() != std::byte{'\n'};
  if (end) add_end();
  received_ += fresh.size();
  end_ = end;
  schedule();
  return true;
}

// A terminal takes the first one for the end of a line that has begun (termios(3), VEOF).
void InputPump::add_end() {
  for (int left = within_line_ ? 2 : 1; left > 0; --left)
    for (const char byte : at_end_)
      waiting_.push_back(static_cast<std::byte>(byte));
}

void InputPump::repeat() {
  told_ = taken_;
  tell_({.taken = taken_, .again = !closed_, .end = closed_});
}

void InputPump::stop() {
  stop_watching();
  retry_.cancel();
  stream_.reset();
  waiting_ = {};
  written_ = 0;
}

void InputPump::schedule() {
  if (unwritten().empty()) {
    stop_watching();
    make_room();
    if (end_) stop();
    return;
  }
  if (watch_ != 0) return;
  const auto watch = loop_.watch(stream_->fd(), sys::Ready::write, [this](sys::Ready) { write_some(); });
  if (watch) return void(watch_ = *watch);
  retry_.set(std::chrono::seconds(1), [this] { schedule(); });  // no memory for a watch: later
}

void InputPump::write_some() {
  const auto written = stream_->write(unwritten());
  if (!written && written.error().code == EAGAIN) return;
  if (!written) return close();
  written_ += *written;
  taken_ = std::min(taken_ + *written, received_);  // what ends it is nobody's input
  schedule();
  if (taken_ - told_ < portion) return;
  told_ = taken_;
  tell_({.taken = taken_});
}

// Moves fewer bytes than have been written.
void InputPump::make_room() {
  if (written_ <= waiting_.size() / 2) return;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(written_));
  written_ = 0;
  if (waiting_.empty()) waiting_ = {};
}

void InputPump::close() {
  stop();
  closed_ = true;
  tell_({.taken = taken_, .end = true});
}

void InputPump::stop_watching() {
  if (watch_ != 0) loop_.unwatch(std::exchange(watch_, 0));
}

}  // namespace process
