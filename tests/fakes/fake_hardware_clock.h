// A battery-backed clock in memory; it does not count.
#pragma once

#include "sys/hardware_clock.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeHardwareClock final : public sys::HardwareClock {
 public:
  explicit FakeHardwareClock(Faults& faults) : faults_(faults) {}

  sys::Result<sys::WallTime> read() override {
    if (auto status = faults_.check("read the hardware clock"); !status) return tl::unexpected(status.error());
    return time;
  }
  sys::Status set(sys::WallTime to) override {
    if (auto status = faults_.check("set the hardware clock"); !status) return status;
    time = to;
    return {};
  }

  sys::WallTime time{};

 private:
  Faults& faults_;
};

}  // namespace fakes
