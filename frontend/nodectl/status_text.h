// Node states as a table and as JSON: what `status` and `wait` print.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transport/messages.h"

namespace frontend {

std::string status_table(const std::vector<transport::NodeStatus>& nodes, std::uint64_t now_ns);
std::string status_json(const std::vector<transport::NodeStatus>& nodes);

}  // namespace frontend
