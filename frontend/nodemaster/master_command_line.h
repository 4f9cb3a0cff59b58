// What nodemaster is asked to do. CLI11 stays behind this header.
#pragma once

#include <optional>
#include <string>

#include "sys/log.h"

namespace frontend {

struct MasterInvocation {
  enum class Task { serve, check };
  Task task = Task::serve;
  std::string configuration;
  sys::Severity log_level = sys::Severity::info;
};

// Nothing when there is no more to do (--help, --version, a wrong usage, all of which have been answered); then `status`
// is the exit status.
std::optional<MasterInvocation> parse_master_command_line(int argc, const char* const* argv, int& status);

}  // namespace frontend
