#include "frontend/nodectl/input_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <utility>

#include "sys/signals.h"
#include "sys/terminal.h"

namespace frontend {

InputReader::InputReader(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, Send send, Complain complain)
    : loop_(loop), stream_(std::move(stream)), send_(std::move(send)), complain_(std::move(complain)), turn_(loop) {}

InputReader::~InputReader() { stop_watching(); }

void InputReader::start() {
  phase_ = Phase::reading;
  schedule();
}

void InputReader::on_credit(const transport::RunInputCredit& credit) {
  if (credit.end) return stop();
  kept_.drop(credit.taken);
  schedule();
}

void InputReader::repeat() {
  if (kept_.begin() != kept_.end() || phase_ == Phase::ended) send(kept_.begin());
}

void InputReader::stop() {
  phase_ = Phase::over;
  stop_watching();
  turn_.cancel();
  kept_.drop(kept_.end());
}

void InputReader::schedule() {
  if (phase_ != Phase::reading || kept_.end() - kept_.begin() == transport::input_window) return stop_watching();
  if (watch_ != 0) return;
  const auto watch = loop_.watch(stream_->fd(), sys::Ready::read, [this](sys::Ready) { read_piece(); });
  if (watch) return void(watch_ = *watch);
  turn_.set(sys::Duration::zero(), [this] { read_piece(); });
}

void InputReader::read_piece() {
  if (sys::in_background(stream_->fd())) {
    sys::stop_self(SIGTTIN);
    // What there was to read may have been read by others meanwhile.
    if (!sys::in_background(stream_->fd())) return schedule();
  }
  std::array<std::byte, piece_size> buffer;
  const std::uint64_t room = transport::input_window - (kept_.end() - kept_.begin());
  const auto got = stream_->read({buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(room, piece_size))});
  if (!got && got.error().code == EAGAIN) return;
  // A terminal that has hung up: who it was for hears of it by a signal, and its end is no ^D.
  if (!got && got.error().code == EIO) return stop();
  if (!got) complain_(got.error());
  const std::uint64_t from = kept_.end();
  if (got) kept_.add(std::span(buffer).first(*got));
  if (!got || *got == 0) phase_ = Phase::ended;
  send(from);
  schedule();
}

void InputReader::send(std::uint64_t from) {
  const auto data = kept_.from(from);
  send_({from, phase_ == Phase::ended, {data.begin(), data.end()}});
}

void InputReader::stop_watching() {
  if (watch_ != 0) loop_.unwatch(std::exchange(watch_, 0));
}

}  // namespace frontend
