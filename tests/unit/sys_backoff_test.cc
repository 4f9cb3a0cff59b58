#include "sys/backoff.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "tests/fakes/fake_machine.h"

namespace {

using namespace std::chrono_literals;

// Random numbers that leave a delay as it is: in the middle of the jitter.
std::uint64_t middle() { return 1ull << 63; }

double milliseconds(sys::Duration delay) { return std::chrono::duration<double, std::milli>(delay).count(); }

}  // namespace

TEST_CASE("backoff: each delay is 1.2 times the last, from one second to the cap") {
  sys::Backoff backoff({}, middle);
  double expected = 1000;
  for (int i = 0; i < 40; ++i) {
    CHECK(milliseconds(backoff.next()) == doctest::Approx(std::min(expected, 30000.0)));
    expected *= 1.2;
  }
  CHECK(backoff.tries() == 40);
}

TEST_CASE("backoff: reset begins anew") {
  sys::Backoff backoff({}, middle);
  for (int i = 0; i < 5; ++i)
    backoff.next();
  backoff.reset();
  CHECK(backoff.tries() == 0);
  CHECK(milliseconds(backoff.next()) == doctest::Approx(1000));
}

TEST_CASE("backoff: jitter stays within its bounds and spreads") {
  fakes::Faults faults;
  fakes::FakeMachine machine(faults);
  sys::Backoff backoff({.first = 1s, .factor = 1, .jitter = 0.1, .cap = 1s}, [&] { return machine.random(); });
  std::set<int> hundredths;
  for (int i = 0; i < 2000; ++i) {
    const double delay = milliseconds(backoff.next());
    REQUIRE(delay >= 900);
    REQUIRE(delay <= 1100);
    hundredths.insert(static_cast<int>(delay) / 10);
  }
  CHECK(hundredths.size() >= 20);
}

TEST_CASE("backoff: the extremes of the random numbers are the extremes of the jitter") {
  std::uint64_t bits = 0;
  sys::Backoff backoff({.first = 1s, .factor = 1, .jitter = 0.1, .cap = 1s}, [&] { return bits; });
  CHECK(milliseconds(backoff.next()) == doctest::Approx(900));
  bits = ~0ull;
  CHECK(milliseconds(backoff.next()) == doctest::Approx(1100));
}
