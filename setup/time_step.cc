#include "setup/clock_change.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

constexpr sys::Duration hardware_tolerance = std::chrono::seconds(2);  // it counts seconds, and is set to whole ones

ClockChange set_hardware_clock(const transport::TimeStep& step, StepSystem system) {
  if (!step.hardware) return std::nullopt;
  const auto now = system.hardware_clock.read();
  // One that has lost its power shows no time; that is what setting it is for.
  const sys::WallTime ours = now ? *now : sys::WallTime();
  return correct_clock(ours, system.clock.wall(), hardware_tolerance,
                       [&](sys::WallTime time) { return system.hardware_clock.set(time); });
}

}  // namespace

sys::Result<StepOutcome> perform(const transport::TimeStep& step, StepSystem system) {
  if (system.machine.in_container()) return StepOutcome{false, "in a container the clock is the machine's"};
  const auto clock = set_clock(system.clock, step.wall_ns);
  if (!clock) return tl::unexpected(clock.error());
  const auto hardware = set_hardware_clock(step, system);
  if (!hardware) return tl::unexpected(hardware.error());
  StepOutcome outcome{clock->has_value() || hardware->has_value()};
  if (*clock) outcome.remark = **clock;
  if (*hardware) outcome.remark += sys::cat(*clock ? "; " : "", "the hardware clock: ", **hardware);
  return outcome;
}

}  // namespace setup
