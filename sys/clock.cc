#include "sys/clock.h"

#include <time.h>

#include <cerrno>

namespace sys {

namespace {

Duration read_clock(clockid_t id) {
  timespec time{};
  ::clock_gettime(id, &time);  // cannot fail for the clocks that are asked for here
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Instant KernelClock::now() const { return Instant(read_clock(CLOCK_BOOTTIME)); }

WallTime KernelClock::wall() const { return WallTime(read_clock(CLOCK_REALTIME)); }

Status KernelClock::set_wall(WallTime time) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  timespec value{};
  value.tv_sec = seconds.count();
  value.tv_nsec = (since_epoch - seconds).count();
  if (::clock_settime(CLOCK_REALTIME, &value) < 0) return failure(errno, "set the wall clock");
  return {};
}

void KernelClock::sleep(Duration duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  timespec left{};
  left.tv_sec = seconds.count();
  left.tv_nsec = (duration - seconds).count();
  while (::nanosleep(&left, &left) < 0 && errno == EINTR) {
  }
}

}  // namespace sys
