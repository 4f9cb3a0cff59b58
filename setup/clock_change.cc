#include "setup/clock_change.h"

#include "sys/text.h"

namespace setup {
namespace {

constexpr sys::Duration clock_tolerance = std::chrono::seconds(1);

}  // namespace

ClockChange correct_clock(sys::WallTime ours, sys::WallTime theirs, sys::Duration tolerance,
                          const std::function<sys::Status(sys::WallTime)>& set) {
  // Unsigned: what a front end says may be as far away as it likes.
  const auto ours_ns = static_cast<std::uint64_t>(ours.time_since_epoch().count());
  const auto theirs_ns = static_cast<std::uint64_t>(theirs.time_since_epoch().count());
  const bool slow = theirs > ours;
  const std::uint64_t apart = slow ? theirs_ns - ours_ns : ours_ns - theirs_ns;
  if (apart <= static_cast<std::uint64_t>(tolerance.count())) return std::nullopt;
  if (auto status = set(theirs); !status) return tl::unexpected(status.error());
  return sys::cat("it was ", apart / 1'000'000'000, " s ", slow ? "slow" : "fast");
}

ClockChange set_clock(sys::Clock& clock, std::uint64_t wall_ns) {
  const sys::WallTime theirs(sys::Duration(static_cast<std::int64_t>(wall_ns)));
  if (theirs <= sys::WallTime()) return std::nullopt;
  return correct_clock(clock.wall(), theirs, clock_tolerance,
                       [&clock](sys::WallTime time) { return clock.set_wall(time); });
}

}  // namespace setup
