#include "frontend/common/node_state.h"

#include <array>

namespace frontend {
namespace {

// In the order of transport::NodeState.
constexpr std::array<std::string_view, 5> names = {"down", "boot", "up", "error", "unavailable"};

}  // namespace

std::string_view state_name(transport::NodeState state) {
  const auto index = static_cast<std::size_t>(state);
  return index < names.size() ? names[index] : "unknown";
}

std::optional<transport::NodeState> parse_state(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<transport::NodeState>(i);
  }
  return std::nullopt;
}

}  // namespace frontend
