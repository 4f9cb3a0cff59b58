// Time that moves only when a test moves it.
#pragma once

#include <cerrno>

#include "sys/clock.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeClock final : public sys::Clock {
 public:
  explicit FakeClock(Faults& faults) : faults_(faults) {}

  sys::Instant now() const override { return now_; }
  sys::WallTime wall() const override { return wall_; }
  sys::Status set_wall(sys::WallTime time) override {
    if (auto status = faults_.check("set the wall clock"); !status) return status;
    if (time < sys::WallTime() || time > latest) return sys::failure(EINVAL, "set the wall clock");
    wall_ = time;
    return {};
  }

  void sleep(sys::Duration duration) override { advance(duration); }

  // Both clocks. With timers about, use FakeLoop::advance(), which fires them on the way.
  void advance(sys::Duration by) {
    now_ += by;
    wall_ += by;
  }

 private:
  // As the kernel has it (timespec64_valid_settod): a clock can go on for 30 years from whatever it is set to.
  static constexpr sys::WallTime latest = sys::WallTime::max() - std::chrono::hours(24 * 365 * 30);

  Faults& faults_;
  sys::Instant now_{std::chrono::hours(1)};
  sys::WallTime wall_{std::chrono::hours(24 * 365)};
};

}  // namespace fakes
