#include "process/output_pump.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace process {

OutputPump::OutputPump(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::uint64_t window, OutputGate* gate,
                       Deliver deliver)
    : loop_(loop), stream_(std::move(stream)), window_(window), gate_(gate), deliver_(std::move(deliver)), turn_(loop) {
  schedule();
}

OutputPump::~OutputPump() {
  stop_watching();
  if (gate_ != nullptr) gate_->forget(*this);
}

void OutputPump::taken(std::uint64_t position) {
  taken_ = std::clamp(position, taken_, read_);
  while (!kept_.empty() && kept_from_ + kept_.front().size() <= taken_) {
    kept_from_ += kept_.front().size();
    kept_.pop_front();
    if (next_ > 0) {
      --next_;
    } else {
      sent_ = kept_from_;
    }
  }
  if (stream_) schedule();
}

void OutputPump::rewind() {
  next_ = 0;
  sent_ = kept_from_;
  told_end_ = false;
  schedule();
}

void OutputPump::drain() {
  draining_ = true;
  if (stream_) schedule();
}

void OutputPump::abandon() {
  finish();
  turn_.cancel();
  kept_.clear();
  next_ = 0;
  told_end_ = true;
}

// Readiness says nothing about an empty pipe, so draining takes a turn of the loop for each piece instead.
void OutputPump::schedule() {
  if (told_end_) return;
  if (gate_ != nullptr && !gate_->is_open()) {
    stop_watching();
    return gate_->wait(*this);
  }
  if (next_ < kept_.size()) {
    stop_watching();  // what is new comes after that
    return turn_.set(sys::Duration::zero(), [this] { deliver_kept(); });
  }
  if (!stream_) return turn_.set(sys::Duration::zero(), [this] { tell_end(); });
  if (room() == 0 || draining_) stop_watching();
  if (room() == 0) return;
  if (draining_) return turn_.set(sys::Duration::zero(), [this] { read_piece(); });
  if (watch_ != 0) return;
  const auto watch = loop_.watch(stream_->fd(), sys::Ready::read, [this](sys::Ready) { read_piece(); });
  if (watch) return void(watch_ = *watch);
  turn_.set(std::chrono::seconds(1), [this] { schedule(); });  // no memory for a watch: later
}

void OutputPump::deliver_kept() {
  if (next_ == kept_.size() || (gate_ != nullptr && !gate_->is_open())) return schedule();
  const std::vector<std::byte> piece = kept_[next_++];
  const std::uint64_t offset = std::exchange(sent_, sent_ + piece.size());
  deliver_(offset, piece, false);
  schedule();
}

void OutputPump::read_piece() {
  if (gate_ != nullptr && !gate_->is_open()) return schedule();
  std::array<std::byte, piece_size> buffer;
  const auto most = std::min<std::uint64_t>({room(), buffer.size(), drain_left_});
  const auto got = stream_->read({buffer.data(), static_cast<std::size_t>(most)});
  if (!got && got.error().code == EAGAIN && !draining_) return;
  if (!got || *got == 0) {
    finish();
    return tell_end();
  }
  const std::span<const std::byte> piece(buffer.data(), *got);
  keep(piece);
  const std::uint64_t offset = std::exchange(sent_, read_);
  if (draining_) drain_left_ -= piece.size();
  deliver_(offset, piece, false);
  if (draining_ && drain_left_ == 0) finish();
  schedule();
}

// A process that writes byte by byte must not cost a block of memory for each. Only what has been delivered is there.
void OutputPump::keep(std::span<const std::byte> piece) {
  read_ += piece.size();
  if (!kept_.empty() && kept_.back().size() + piece.size() <= piece_size) {
    kept_.back().insert(kept_.back().end(), piece.begin(), piece.end());
  } else {
    kept_.emplace_back(piece.begin(), piece.end());
  }
  next_ = kept_.size();
}

void OutputPump::finish() {
  stop_watching();
  stream_.reset();
}

void OutputPump::tell_end() {
  if (gate_ != nullptr && !gate_->is_open()) return schedule();
  told_end_ = true;
  deliver_(sent_, {}, true);
}

void OutputPump::stop_watching() {
  if (watch_ != 0) loop_.unwatch(std::exchange(watch_, 0));
}

}  // namespace process
