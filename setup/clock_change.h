// Setting a clock only when it is wrong: a clock that jumps disturbs whoever measures with it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sys/clock.h"
#include "sys/result.h"

namespace setup {

// What was done to the clock, in words; nothing when it was right.
using ClockChange = sys::Result<std::optional<std::string>>;

// `ours` is what the clock shows, `theirs` what it should show; `set` is called when they are more than `tolerance` apart.
ClockChange correct_clock(sys::WallTime ours, sys::WallTime theirs, sys::Duration tolerance,
                          const std::function<sys::Status(sys::WallTime)>& set);

// The node's clock, by the front end's, which sent `wall_ns` (since the epoch; 0: it does not know).
ClockChange set_clock(sys::Clock& clock, std::uint64_t wall_ns);

}  // namespace setup
