#include "frontend/nodectl/time_text.h"

#include <array>
#include <ctime>

#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint64_t ns_per_second = 1000000000;

std::string two_digits(std::uint64_t number) { return sys::cat(number < 10 ? "0" : "", number); }

// 12345, 1000 -> "12.3"; 1250000, 1000000 -> "1.25": three figures at the most.
std::string three_figures(std::uint64_t value, std::uint64_t unit) {
  const std::uint64_t whole = value / unit;
  const std::uint64_t hundredths = value % unit * 100 / unit;
  if (whole >= 100) return sys::cat(whole);
  if (whole >= 10) return sys::cat(whole, ".", hundredths / 10);
  return sys::cat(whole, ".", two_digits(hundredths));
}

}  // namespace

std::string iso_time(std::uint64_t wall_ns) {
  if (wall_ns == 0) return {};
  const auto seconds = static_cast<std::time_t>(wall_ns / ns_per_second);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string age(std::uint64_t since_ns, std::uint64_t now_ns) {
  const std::uint64_t seconds = now_ns > since_ns ? (now_ns - since_ns) / ns_per_second : 0;
  const std::uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
  if (minutes == 0) return sys::cat(seconds, "s");
  if (hours == 0) return sys::cat(minutes, "m", two_digits(seconds % 60), "s");
  if (days == 0) return sys::cat(hours, "h", two_digits(minutes % 60), "m");
  return sys::cat(days, "d", hours % 24, "h");
}

std::string duration(std::uint64_t us) {
  if (us < 1000) return sys::cat(us, "us");
  if (us < 1000000) return sys::cat(three_figures(us, 1000), "ms");
  if (us < 60000000) return sys::cat(three_figures(us, 1000000), "s");
  const std::uint64_t seconds = us / 1000000;
  return sys::cat(seconds / 60, "m", two_digits(seconds % 60), "s");
}

}  // namespace frontend
