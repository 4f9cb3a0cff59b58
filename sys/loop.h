// The event loop: the one place where the program sleeps. Readiness, timers and deferred calls become
// calls of handlers, one at a time, on one thread.
//
// A handler may do anything to the loop, removing itself included. A handler never blocks: what can hang
// goes to Workers (sys/worker.h). An exception that leaves a handler, std::bad_alloc included, is caught by
// run(), given to the `on_exception` hook, and the loop goes on: one event is lost, not the process.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "sys/clock.h"
#include "sys/result.h"

namespace sys {

enum class Ready : unsigned { none = 0, read = 1, write = 2, both = 3 };

// Names a watch or a timer. Zero is no one's name; names are not used twice.
using WatchId = std::uint64_t;
using TimerId = std::uint64_t;

class Loop {
 public:
  virtual ~Loop() = default;

  virtual Clock& clock() = 0;

  // Calls `handler` whenever `fd` is ready for what is asked (hang-up and error count as both). The caller
  // keeps ownership of fd and calls unwatch() before closing it. Level-triggered; one watch per descriptor.
  // With Ready::none not even a hang-up is reported.
  virtual Result<WatchId> watch(int fd, Ready interest, std::function<void(Ready)> handler) = 0;
  virtual Status change(WatchId id, Ready interest) = 0;
  virtual void unwatch(WatchId id) = 0;  // unknown ids are ignored

  // Calls `handler` once, not before `when`.
  virtual TimerId at(Instant when, std::function<void()> handler) = 0;
  TimerId after(Duration delay, std::function<void()> handler) { return at(clock().now() + delay, std::move(handler)); }
  virtual void cancel(TimerId id) = 0;  // unknown and expired ids are ignored

  // Calls `handler` once, after the handler that runs now has returned.
  virtual void defer(std::function<void()> handler) = 0;

  // Turns so far: how often it has woken up, or looked for events without sleeping.
  virtual std::uint64_t wakeups() const = 0;

  // Turns until stop(). It also returns, having told the hook, when it can wait no more: the caller starts anew.
  virtual void run() = 0;
  virtual void stop() = 0;
};

// A timer that cancels itself when its owner goes: the usual way to hold one.
class Timer {
 public:
  explicit Timer(Loop& loop) : loop_(loop) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces what was set before.
  void set(Duration delay, std::function<void()> handler);
  void cancel();
  bool pending() const { return id_ != 0; }

 private:
  Loop& loop_;
  TimerId id_ = 0;
};

}  // namespace sys
