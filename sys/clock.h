// Time as the rest of the program sees it: one monotonic clock for intervals, one wall clock for people.
#pragma once

#include <chrono>

#include "sys/result.h"

namespace sys {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;   // CLOCK_BOOTTIME
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;  // CLOCK_REALTIME

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
  // Sets the machine's wall clock; needs CAP_SYS_TIME.
  virtual Status set_wall(WallTime time) = 0;
  // For workers: it blocks.
  virtual void sleep(Duration duration) = 0;
};

// The kernel's clocks (clock_gettime(2)).
class KernelClock final : public Clock {
 public:
  Instant now() const override;
  WallTime wall() const override;
  Status set_wall(WallTime time) override;
  void sleep(Duration duration) override;
};

}  // namespace sys
