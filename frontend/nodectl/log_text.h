// Log lines of nodes as text and as JSON: what `log` prints.
#pragma once

#include <string>

#include "transport/messages.h"

namespace frontend {

// "2026-03-01T12:00:05Z n3 warning: text", one line each.
std::string log_text(const transport::LogReply& reply);
// One object per line.
std::string log_json(const transport::LogReply& reply);

}  // namespace frontend
