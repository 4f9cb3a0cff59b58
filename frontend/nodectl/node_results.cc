#include "frontend/nodectl/node_results.h"

#include "sys/text.h"

namespace frontend {

Json result_json(const transport::NodeResult& result) {
  return {{"node", result.node}, {"name", result.name}, {"succeeded", result.succeeded}, {"reason", result.reason}};
}

void say_result(Context& context, const transport::NodeResult& result, std::string_view success) {
  if (!result.succeeded) return complain(context, sys::cat(result.name, ": ", result.reason));
  const std::string what = result.reason.empty() ? std::string(success) : sys::printable(result.reason, 1024);
  context.output.write(sys::cat(sys::printable(result.name), ": ", what, "\n"));
}

}  // namespace frontend
