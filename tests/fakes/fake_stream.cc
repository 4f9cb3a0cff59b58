#include "tests/fakes/fake_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "sys/text.h"

namespace fakes {

namespace {

// As the real streams: "nothing now" has no text.
tl::unexpected<sys::Error> nothing_now() { return sys::failure(EAGAIN, ""); }

}  // namespace

FakeStream::FakeStream(FakeLoop& loop, Faults& faults, std::shared_ptr<Shared> shared, int side)
    : loop_(loop), faults_(faults), shared_(std::move(shared)), side_(side), fd_(loop.new_fd()) {
  loop_.set_source(fd_, [this] { return readiness(); });
}

FakeStream::~FakeStream() {
  loop_.set_source(fd_, {});
  shut();
}

void FakeStream::shut() noexcept {
  shut_ = true;
  in().reader_gone = true;
  out().writer_gone = true;
}

std::pair<std::unique_ptr<FakeStream>, std::unique_ptr<FakeStream>> FakeStream::pair(FakeLoop& loop, Faults& faults,
                                                                                     std::size_t capacity) {
  auto shared = std::make_shared<Shared>();
  for (Direction& direction : shared->directions)
    direction.capacity = capacity;
  return {std::unique_ptr<FakeStream>(new FakeStream(loop, faults, shared, 0)),
          std::unique_ptr<FakeStream>(new FakeStream(loop, faults, shared, 1))};
}

std::pair<std::unique_ptr<FakeStream>, std::unique_ptr<FakeStream>> FakeStream::connecting_pair(FakeLoop& loop,
                                                                                                Faults& faults) {
  auto ends = pair(loop, faults);
  ends.first->shared_->connecting = true;
  return ends;
}

sys::Ready FakeStream::readiness() const {
  if (shut_) return sys::Ready::both;
  if (shared_->connecting) return sys::Ready::none;
  if (shared_->error != 0) return sys::Ready::both;
  const bool readable = !in().data.empty() || in().writer_gone;
  const bool writable = out().data.size() < out().capacity || out().reader_gone;
  return static_cast<sys::Ready>((readable ? static_cast<unsigned>(sys::Ready::read) : 0u) |
                                 (writable ? static_cast<unsigned>(sys::Ready::write) : 0u));
}

sys::Result<std::size_t> FakeStream::read(std::span<std::byte> into) {
  const std::string what = sys::cat("read descriptor ", fd_);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  if (shared_->error != 0) return sys::failure(shared_->error, what);
  if (in().data.empty() && in().writer_gone) return std::size_t{0};
  if (shared_->connecting || in().data.empty()) return nothing_now();
  const std::size_t size = std::min({into.size(), in().data.size(), shared_->piece});
  const auto end = in().data.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy(in().data.begin(), end, into.begin());
  in().data.erase(in().data.begin(), end);
  return size;
}

sys::Result<std::size_t> FakeStream::write(std::span<const std::byte> from) {
  const std::string what = sys::cat("write descriptor ", fd_);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  if (shared_->error != 0) return sys::failure(shared_->error, what);
  if (out().reader_gone) return sys::failure(EPIPE, what);
  if (shared_->connecting || out().data.size() >= out().capacity) return nothing_now();
  const std::size_t size = std::min({from.size(), out().capacity - out().data.size(), shared_->piece});
  out().data.insert(out().data.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
  return size;
}

sys::Status FakeStream::connect_result() {
  const std::string what = sys::cat("connect descriptor ", fd_);
  if (auto status = faults_.check(what); !status) return status;
  if (shared_->error != 0) return sys::failure(shared_->error, what);
  return {};
}

void FakeStream::put(std::string_view bytes) {
  const auto raw = std::as_bytes(std::span(bytes));
  out().data.insert(out().data.end(), raw.begin(), raw.end());
}

std::vector<std::byte> FakeStream::take() { return std::exchange(in().data, {}); }

std::size_t FakeStream::waiting() const { return in().data.size(); }

std::size_t FakeStream::unread() const { return out().data.size(); }

bool FakeStream::peer_closed() const { return in().writer_gone; }

void FakeStream::break_with(int code) { shared_->error = code; }

void FakeStream::settle(int code) {
  shared_->connecting = false;
  shared_->error = code;
}

void FakeStream::set_capacity(std::size_t capacity) { in().capacity = capacity; }

void FakeStream::set_piece(std::size_t most_per_call) { shared_->piece = most_per_call; }

}  // namespace fakes
