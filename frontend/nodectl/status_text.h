// Node states as a table and as JSON: what `status` and `wait` print.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transport/messages.h"

namespace frontend {

std::string status_table(const std::vector<transport::NodeStatus>& nodes, std::uint64_t now_ns);
// What an operator has decided about the security of connections and should not forget, and which nodes are still
// connected as was decided before.
std::vector<std::string> protection_notes(const transport::StatusReply& status);
std::string status_json(const std::vector<transport::NodeStatus>& nodes);

}  // namespace frontend
