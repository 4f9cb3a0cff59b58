// nodectl's command line, as a value.
#pragma once

#include <string>
#include <variant>

#include "frontend/nodectl/verbs.h"

namespace frontend {

struct CommandLine {
  std::string socket;
  bool json = false;
  std::variant<StatusOptions, WaitOptions, BootLogOptions, LogOptions, UpOptions, PlanOptions, PowerOptions,
               RightsOptions, AvailabilityOptions, ServicesOptions, KillOptions, PsOptions, MetricsOptions, RunOptions,
               RshOptions, CpOptions>
      verb;
};

// The parsed line; or the exit status when there is nothing more to do: help was printed (0), or what is wrong with
// the line was said (2).
std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv);

}  // namespace frontend
