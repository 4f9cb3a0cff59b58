// The states of a node by their names, as people type and read them (docs/STATES.md).
#pragma once

#include <optional>
#include <string_view>

#include "transport/messages.h"

namespace frontend {

std::string_view state_name(transport::NodeState state);  // "down", "boot", "up", "error", "unavailable"
std::optional<transport::NodeState> parse_state(std::string_view name);

}  // namespace frontend
