#include "sys/hardware_clock.h"

#include <fcntl.h>
#include <linux/rtc.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "sys/fd.h"

namespace sys {
namespace {

constexpr char device[] = "/dev/rtc0";
// Of ioctl(2), whose parameter is an int for one C library and a long for another.
constexpr unsigned read_request = RTC_RD_TIME;
constexpr unsigned set_request = RTC_SET_TIME;
constexpr int tm_year_0 = 1900;    // of rtc_time, as of struct tm
constexpr int last_tm_year = 300;  // what WallTime can hold; a clock without power may show anything

Result<Fd> open_clock() {
  Fd clock(::open(device, O_RDONLY | O_CLOEXEC));
  if (clock.valid()) return clock;
  const int code = errno;
  return failure(code, std::string("open ") + device);
}

rtc_time to_kernel(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  rtc_time kernel{};
  kernel.tm_year = static_cast<int>(date.year()) - tm_year_0;
  kernel.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  kernel.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  kernel.tm_hour = static_cast<int>(clock.hours().count());
  kernel.tm_min = static_cast<int>(clock.minutes().count());
  kernel.tm_sec = static_cast<int>(clock.seconds().count());
  return kernel;
}

WallTime from_kernel(const rtc_time& kernel) {
  using namespace std::chrono;
  const year_month_day date(year(std::min(kernel.tm_year, last_tm_year) + tm_year_0),
                            month(static_cast<unsigned>(kernel.tm_mon) + 1),
                            day(static_cast<unsigned>(kernel.tm_mday)));
  return sys_days(date) + hours(kernel.tm_hour) + minutes(kernel.tm_min) + seconds(kernel.tm_sec);
}

}  // namespace

Result<WallTime> KernelHardwareClock::read() {
  const auto clock = open_clock();
  if (!clock) return tl::unexpected(clock.error());
  rtc_time time{};
  if (::ioctl(clock->get(), read_request, &time) == 0) return from_kernel(time);
  const int code = errno;
  return failure(code, std::string("read the hardware clock ") + device);
}

Status KernelHardwareClock::set(WallTime time) {
  const auto clock = open_clock();
  if (!clock) return tl::unexpected(clock.error());
  const rtc_time wanted = to_kernel(time);
  if (::ioctl(clock->get(), set_request, &wanted) == 0) return {};
  const int code = errno;
  return failure(code, std::string("set the hardware clock ") + device);
}

}  // namespace sys
