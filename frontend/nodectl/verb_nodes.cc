// up, reboot, poweroff: something is asked of each node and answered node by node.
#include <variant>

#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/node_results.h"
#include "frontend/nodectl/up_view.h"
#include "frontend/nodectl/verbs.h"

namespace frontend {
namespace {

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

}  // namespace

int run_up(Context& context, const UpOptions& options) {
  if (options.follow) return UpView(context).run(options);
  return ask_each(context, transport::UpRequest{options.nodes, false}, "up");
}

int run_power(Context& context, const PowerOptions& options) {
  const bool restart = options.change == transport::PowerChange::restart;
  return ask_each(context, transport::PowerRequest{options.nodes, options.change}, restart ? "restarts" : "powers off");
}

}  // namespace frontend
