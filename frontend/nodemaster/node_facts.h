// Facts that differ from node to node, in place of their marks: {name}, {node}, {address}.
#pragma once

#include <string>
#include <string_view>

#include "frontend/nodemaster/configuration.h"
#include "transport/messages.h"

namespace frontend {

std::string fill_in(std::string_view text, const NodeEntry& node);
// In the parts of a step where marks are allowed: host names, the content of files inside of the plan, link targets,
// sources and options of mounts, values of sysctl, arguments of programs.
void fill_in_facts(transport::Action& action, const NodeEntry& node);

}  // namespace frontend
