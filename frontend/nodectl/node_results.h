// What was asked of a node has been done, or has failed: as text and as JSON.
#pragma once

#include <string_view>

#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/json_text.h"
#include "transport/messages.h"

namespace frontend {

Json result_json(const transport::NodeResult& result);
// "n3: up" on standard output, with `success` for what has succeeded; a failure as a complaint.
void say_result(Context& context, const transport::NodeResult& result, std::string_view success);

// Asks for something that is answered by a NodeResult for each node, and says them all: nodectl's exit status.
int ask_each(Context& context, const transport::Message& request, std::string_view success);

}  // namespace frontend
