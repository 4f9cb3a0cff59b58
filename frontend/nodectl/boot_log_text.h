// Boot records as tables and as JSON: what `boot-log` prints.
#pragma once

#include <string>

#include "frontend/nodectl/json_text.h"
#include "transport/messages.h"

namespace frontend {

std::string boot_log_table(const transport::NodeBootRecord& record);
Json boot_log_json(const transport::NodeBootRecord& record);

}  // namespace frontend
