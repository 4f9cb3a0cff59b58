// Signals as people type them.
#pragma once

#include <optional>
#include <string_view>

namespace frontend {

// "9", "KILL", "SIGKILL", "kill"; 0 is the one that only asks whether the process is there.
std::optional<int> parse_signal(std::string_view text);

}  // namespace frontend
