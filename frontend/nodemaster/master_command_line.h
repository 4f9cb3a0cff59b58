// What nodemaster is asked to do. CLI11 stays behind this header.
#pragma once

#include <optional>
#include <string>

#include "frontend/common/paths.h"
#include "sys/log.h"

namespace frontend {

struct MasterInvocation {
  enum class Task { serve, check, make_keys };
  Task task = Task::serve;
  std::string configuration;
  std::string keys = default_keys;  // make_keys: the directory
  bool cluster_key = true;          // make_keys: that one too
  sys::Severity log_level = sys::Severity::info;
};

// Nothing when there is no more to do (--help, --version, a wrong usage, all of which have been answered); then `status`
// is the exit status.
std::optional<MasterInvocation> parse_master_command_line(int argc, const char* const* argv, int& status);

}  // namespace frontend
