#include <cstdio>
#include <variant>

#include "frontend/common/node_state.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/status_text.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {
namespace {

void print_status(Context& context, const transport::StatusReply& reply) {
  const auto now = static_cast<std::uint64_t>(context.loop.clock().wall().time_since_epoch().count());
  const std::string text = context.json ? status_json(reply.nodes) : status_table(reply.nodes, now);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void complain_about(const transport::StatusReply& reply, const std::string& wanted) {
  for (const transport::NodeStatus& node : reply.nodes) {
    if (state_name(node.state) == wanted) continue;
    const std::string why = node.reason.empty() ? "" : sys::cat(": ", sys::printable(node.reason));
    complain(sys::cat(sys::printable(node.name), " is ", state_name(node.state), ", not ", wanted, why));
  }
}

}  // namespace

int run_status(Context& context, const StatusOptions& options) {
  Exchange exchange(context);
  return exchange.run(transport::StatusRequest{options.nodes}, [&](transport::Message& message) {
    if (const auto* reply = std::get_if<transport::StatusReply>(&message)) {
      print_status(context, *reply);
      exchange.finish(0);
    }
  });
}

int run_wait(Context& context, const WaitOptions& options) {
  Exchange exchange(context);
  const transport::WaitRequest request{options.nodes, options.state, options.timeout_ms};
  return exchange.run(request, [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::StatusReply>(&message);
    if (reply == nullptr) return;
    if (context.json) print_status(context, *reply);
    if (!reply->satisfied) complain_about(*reply, options.state);
    exchange.finish(reply->satisfied ? 0 : exit_failure);
  });
}

}  // namespace frontend
