// Verbs that ask something of each node and are answered node by node: up, reboot, poweroff.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <variant>

#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {
namespace {

using Json = nlohmann::ordered_json;

Json result_json(const transport::NodeResult& result) {
  return {{"node", result.node}, {"name", result.name}, {"succeeded", result.succeeded}, {"reason", result.reason}};
}

void say(const transport::NodeResult& result, std::string_view success) {
  const std::string name = sys::printable(result.name);
  if (!result.succeeded) return complain(sys::cat(name, ": ", sys::printable(result.reason, 1024)));
  std::fputs(
      sys::cat(name, ": ", result.reason.empty() ? std::string(success) : sys::printable(result.reason), "\n").c_str(),
      stdout);
  std::fflush(stdout);
}

int ask_each(Context& context, const transport::Message& request, std::string_view success) {
  Exchange exchange(context);
  Json all = Json::array();
  const int status = exchange.run(request, [&](transport::Message& message) {
    const auto* result = std::get_if<transport::NodeResult>(&message);
    if (result == nullptr) return;
    if (!result->succeeded) exchange.set_done_status(exit_failure);
    if (context.json) {
      all.push_back(result_json(*result));
    } else {
      say(*result, success);
    }
  });
  if (context.json) std::fputs((all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n").c_str(), stdout);
  return status;
}

}  // namespace

int run_up(Context& context, const UpOptions& options) {
  return ask_each(context, transport::UpRequest{options.nodes}, "up");
}

int run_power(Context& context, const PowerOptions& options) {
  const bool restart = options.change == transport::PowerChange::restart;
  return ask_each(context, transport::PowerRequest{options.nodes, options.change}, restart ? "restarts" : "powers off");
}

}  // namespace frontend
