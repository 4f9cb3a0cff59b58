// The services of nodes as a table and as JSON: what `services` prints.
#pragma once

#include <string>
#include <vector>

#include "transport/messages.h"

namespace frontend {

std::string services_table(const std::vector<transport::ServicesReply>& nodes);
std::string services_json(const std::vector<transport::ServicesReply>& nodes);

}  // namespace frontend
