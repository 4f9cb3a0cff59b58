#include "process/output_pump.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace process {

OutputPump::OutputPump(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::uint64_t window, Deliver deliver)
    : loop_(loop), stream_(std::move(stream)), window_(window), deliver_(std::move(deliver)), drain_turn_(loop) {
  schedule();
}

OutputPump::~OutputPump() { stop_watching(); }

void OutputPump::taken(std::uint64_t position) {
  taken_ = std::clamp(position, taken_, delivered_);
  while (!kept_.empty() && kept_from_ + kept_.front().size() <= taken_) {
    kept_from_ += kept_.front().size();
    kept_.pop_front();
  }
  if (!ended_) schedule();
}

void OutputPump::repeat() {
  std::uint64_t offset = kept_from_;
  for (const auto& piece : kept_) {
    deliver_(offset, piece, false);
    offset += piece.size();
  }
  if (told_end_) deliver_(delivered_, {}, true);
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
  if (room() == 0 || draining_) stop_watching();
  if (room() == 0) return;
  if (draining_) return drain_turn_.set(sys::Duration::zero(), [this] { read_piece(); });
  if (watch_ != 0) return;
  const auto watch = loop_.watch(stream_->fd(), sys::Ready::read, [this](sys::Ready) { read_piece(); });
  if (watch) return void(watch_ = *watch);
  drain_turn_.set(std::chrono::seconds(1), [this] { schedule(); });  // no memory for a watch: later
}

void OutputPump::read_piece() {
  std::array<std::byte, piece_size> buffer;
  const auto most = std::min<std::uint64_t>({room(), buffer.size(), drain_left_});
  const auto got = stream_->read({buffer.data(), static_cast<std::size_t>(most)});
  if (!got && got.error().code == EAGAIN && !draining_) return;
  if (!got || *got == 0) return end();
  const std::span<const std::byte> piece(buffer.data(), *got);
  const std::uint64_t offset = delivered_;
  kept_.emplace_back(piece.begin(), piece.end());
  delivered_ += piece.size();
  if (draining_) drain_left_ -= piece.size();
  deliver_(offset, piece, false);
  if (ended_) return;
  if (drain_left_ == 0) return end();
  schedule();
}

void OutputPump::end() {
  abandon();
  told_end_ = true;
  deliver_(delivered_, {}, true);
}

void OutputPump::stop_watching() {
  if (watch_ != 0) loop_.unwatch(std::exchange(watch_, 0));
}

}  // namespace process
