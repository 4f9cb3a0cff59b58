#include "frontend/nodectl/node_results.h"

#include "frontend/nodectl/exit_status.h"
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

int ask_each(Context& context, const transport::Message& request, std::string_view success) {
  Exchange exchange(context);
  Json all = Json::array();
  int status = 0;
  const auto on_reply = [&](transport::Message& message) {
    const auto* result = std::get_if<transport::NodeResult>(&message);
    if (result == nullptr) return;
    if (!result->succeeded) status = exit_failure;
    if (context.json) {
      all.push_back(result_json(*result));
    } else {
      say_result(context, *result, success);
    }
  };
  const auto on_done = [&] {
    if (context.json) context.output.write(json_listing(all));
    exchange.finish(status);
  };
  return exchange.run(request, on_reply, on_done);
}

}  // namespace frontend
