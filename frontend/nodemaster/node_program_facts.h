// What programs of the front end are told of the node that they run for: by variables of their environment, and hooks by
// a JSON object on their stdin as well. docs/man/nodemaster.8 describes both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frontend/nodemaster/hooks.h"
#include "frontend/nodemaster/node_table.h"

namespace frontend {

struct NodeProgramFacts {
  std::vector<std::string> environment;
  std::string input;  // of hooks: one line
};

// As they are `now`. Without an event it is a step of the plan.
NodeProgramFacts facts_of(const Node& node, std::optional<HookEvent> event, sys::Instant now);

}  // namespace frontend
