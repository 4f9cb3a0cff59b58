// The two ends of a connection in memory. What one writes the other reads; readiness reaches the loop by itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sys/stream.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeStream final : public sys::Stream {
 public:
  // `capacity`: bytes that one direction holds before writing gives EAGAIN.
  static std::pair<std::unique_ptr<FakeStream>, std::unique_ptr<FakeStream>> pair(FakeLoop& loop, Faults& faults,
                                                                                  std::size_t capacity = 1u << 20);
  // An end whose connect is under way: nothing happens on it until settle().
  static std::pair<std::unique_ptr<FakeStream>, std::unique_ptr<FakeStream>> connecting_pair(FakeLoop& loop,
                                                                                             Faults& faults);
  // Destroying an end closes it: the other one reads what is left and then the end.
  ~FakeStream() override;
  FakeStream(const FakeStream&) = delete;
  FakeStream& operator=(const FakeStream&) = delete;

  sys::Result<std::size_t> read(std::span<std::byte> into) override;
  sys::Result<std::size_t> write(std::span<const std::byte> from) override;
  int fd() const override { return fd_; }
  sys::Status connect_result() override;
  void shut() noexcept override;

  // For tests, on the end that they keep.
  void put(std::string_view bytes);           // as the peer would write, whatever the capacity
  std::vector<std::byte> take();              // all that the other end has written
  std::size_t waiting() const;                // bytes that take() would give
  std::size_t unread() const;                 // bytes that were put and that the other end has not read
  bool peer_closed() const;                   // the other end is gone
  void break_with(int code);                  // from now on both ends get this error (ECONNRESET)
  void settle(int code = 0);                  // the outcome of the other end's connect
  void set_capacity(std::size_t capacity);    // of what the other end writes
  void set_piece(std::size_t most_per_call);  // the other end's reads and writes are cut to so many bytes

 private:
  struct Direction {
    std::vector<std::byte> data;
    std::size_t capacity = 0;
    bool writer_gone = false;
    bool reader_gone = false;
  };
  struct Shared {
    Direction directions[2];
    bool connecting = false;
    int error = 0;
    std::size_t piece = static_cast<std::size_t>(-1);
  };

  FakeStream(FakeLoop& loop, Faults& faults, std::shared_ptr<Shared> shared, int side);
  Direction& in() const { return shared_->directions[side_]; }
  Direction& out() const { return shared_->directions[1 - side_]; }
  sys::Ready readiness() const;

  FakeLoop& loop_;
  Faults& faults_;
  std::shared_ptr<Shared> shared_;
  int side_;
  int fd_;
  bool shut_ = false;
};

}  // namespace fakes
