#include "process/output_pump.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace process {

OutputPump::OutputPump(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::uint64_t credit, Deliver deliver)
    : loop_(loop), stream_(std::move(stream)), credit_(credit), deliver_(std::move(deliver)), drain_turn_(loop) {
  schedule();
}

OutputPump::~OutputPump() { stop_watching(); }

void OutputPump::add_credit(std::uint64_t bytes) {
  credit_ += bytes;
  if (!ended_) schedule();
}

void OutputPump::drain() {
  draining_ = true;
  if (!ended_) schedule();
}

void OutputPump::abandon() {
  stop_watching();
  drain_turn_.cancel();
  stream_.reset();
  ended_ = true;
}

// Readiness says nothing about an empty pipe, so draining takes a turn of the loop for each piece instead.
void OutputPump::schedule() {
  if (credit_ == 0 || draining_) stop_watching();
  if (credit_ == 0) return;
  if (draining_) return drain_turn_.set(sys::Duration::zero(), [this] { read_piece(); });
  if (watch_ != 0) return;
  const auto watch = loop_.watch(stream_->fd(), sys::Ready::read, [this](sys::Ready) { read_piece(); });
  if (watch) return void(watch_ = *watch);
  drain_turn_.set(std::chrono::seconds(1), [this] { schedule(); });  // no memory for a watch: later
}

void OutputPump::read_piece() {
  std::array<std::byte, piece_size> buffer;
  const auto room = std::min<std::uint64_t>({credit_, buffer.size(), drain_left_});
  const auto got = stream_->read({buffer.data(), static_cast<std::size_t>(room)});
  if (!got && got.error().code == EAGAIN && !draining_) return;
  if (!got || *got == 0) return end();
  credit_ -= *got;
  if (draining_) drain_left_ -= *got;
  deliver_({buffer.data(), *got}, false);
  if (ended_) return;
  if (drain_left_ == 0) return end();
  schedule();
}

void OutputPump::end() {
  abandon();
  deliver_({}, true);
}

void OutputPump::stop_watching() {
  if (watch_ != 0) loop_.unwatch(std::exchange(watch_, 0));
}

}  // namespace process
