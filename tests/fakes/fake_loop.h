// A loop whose turns, time and readiness are the test's. An exception of a handler goes through to the test.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>

#include "sys/loop.h"
#include "sys/timers.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeLoop final : public sys::Loop {
 public:
  FakeLoop(FakeClock& clock, Faults& faults) : clock_(clock), faults_(faults) {}

  sys::Clock& clock() override { return clock_; }
  sys::Result<sys::WatchId> watch(int fd, sys::Ready interest, std::function<void(sys::Ready)> handler) override;
  sys::Status change(sys::WatchId id, sys::Ready interest) override;
  void unwatch(sys::WatchId id) override { watches_.erase(id); }
  sys::TimerId at(sys::Instant when, std::function<void()> handler) override;
  void cancel(sys::TimerId id) override { timers_.cancel(id); }
  // Throws std::bad_alloc as often as `failing_defers` says.
  void defer(std::function<void()> handler) override;
  std::uint64_t wakeups() const override { return wakeups_; }
  // Until stop(), or until nothing can happen any more; time jumps from timer to timer.
  void run() override;
  void stop() override { stopped_ = true; }

  int failing_defers = 0;

  // A number that no other fake descriptor has.
  int new_fd() { return next_fd_++; }
  // Level-triggered readiness of a fake descriptor: asked in every turn. An empty function ends it.
  void set_source(int fd, std::function<sys::Ready()> readiness);
  // Readiness that is reported once, to the next handler that wants it.
  void make_ready(int fd, sys::Ready ready);
  // Turns until no handler is left to be called now. Time stands still.
  void run_until_idle();
  // Lets time pass, calling what is due at its own time.
  void advance(sys::Duration by);

  bool watched(int fd) const;
  std::size_t watches() const { return watches_.size(); }

 private:
  struct Watch {
    int fd;
    sys::Ready interest;
    std::function<void(sys::Ready)> handler;
  };

  bool turn();  // false: there was nothing to call
  bool run_deferred();
  bool run_ready();
  bool run_timers();
  sys::Ready take_ready(const Watch& watch);

  FakeClock& clock_;
  Faults& faults_;
  std::map<sys::WatchId, Watch> watches_;
  std::map<int, std::function<sys::Ready()>> sources_;
  std::map<int, sys::Ready> once_;
  sys::TimerQueue timers_;
  sys::WatchId next_watch_ = 1;
  int next_fd_ = 1'000'000;
  std::uint64_t wakeups_ = 0;
  bool stopped_ = false;
  std::deque<std::function<void()>> deferred_;  // goes first: what waits in it may hold timers and watches
};

}  // namespace fakes
