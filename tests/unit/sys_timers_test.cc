#include "sys/timers.h"

#include <doctest/doctest.h>

#include <string>

namespace {

sys::Instant second(int n) { return sys::Instant(std::chrono::seconds(n)); }

}  // namespace

TEST_CASE("timers: by time, and equal times in the order of their making") {
  sys::TimerQueue timers;
  std::string order;
  timers.add(second(2), [&] { order += 'c'; });
  timers.add(second(1), [&] { order += 'a'; });
  timers.add(second(1), [&] { order += 'b'; });
  CHECK(timers.next() == second(1));
  while (const auto handler = timers.take_due(second(2), timers.next_id()))
    handler();
  CHECK(order == "abc");
  CHECK_FALSE(timers.next());
}

TEST_CASE("timers: none before its time") {
  sys::TimerQueue timers;
  timers.add(second(2), [] {});
  CHECK_FALSE(timers.take_due(second(2) - std::chrono::nanoseconds(1), timers.next_id()));
  CHECK(timers.take_due(second(2), timers.next_id()));
}

TEST_CASE("timers: cancelled ones are gone, unknown ids are ignored") {
  sys::TimerQueue timers;
  const auto first = timers.add(second(1), [] {});
  const auto other = timers.add(second(2), [] {});
  timers.cancel(first);
  timers.cancel(first);
  timers.cancel(0);
  CHECK(timers.next() == second(2));
  timers.cancel(other);
  CHECK_FALSE(timers.next());
}

TEST_CASE("timers: one that is added during a turn waits for the next") {
  sys::TimerQueue timers;
  const auto limit = timers.next_id();
  timers.add(second(0), [] {});
  CHECK_FALSE(timers.take_due(second(1), limit));
  CHECK(timers.take_due(second(1), timers.next_id()));
}
