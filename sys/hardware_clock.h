// The battery-backed clock of the machine (rtc(4)), taken to show UTC in whole seconds.
#pragma once

#include "sys/clock.h"
#include "sys/result.h"

namespace sys {

class HardwareClock {
 public:
  virtual ~HardwareClock() = default;
  virtual Result<WallTime> read() = 0;
  virtual Status set(WallTime time) = 0;  // needs CAP_SYS_TIME
};

// The first one, /dev/rtc0.
class KernelHardwareClock final : public HardwareClock {
 public:
  Result<WallTime> read() override;
  Status set(WallTime time) override;
};

}  // namespace sys
