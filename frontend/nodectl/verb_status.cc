// status and wait: the nodes' states, now or once they are as wanted.
#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "frontend/common/node_set.h"
#include "frontend/common/node_state.h"
#include "frontend/nodectl/bpstat_text.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/status_text.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeStatus;

void print_status(Context& context, const std::vector<NodeStatus>& nodes) {
  const auto now = static_cast<std::uint64_t>(context.loop.clock().wall().time_since_epoch().count());
  context.output.write(context.json ? status_json(nodes) : status_table(nodes, now));
}

// Nodes that are wanting for the same reason are named together: it may be a thousand of them.
void complain_about(Context& context, const std::vector<NodeStatus>& nodes, const std::string& wanted) {
  std::map<std::pair<transport::NodeState, std::string>, std::vector<transport::NodeNumber>> groups;
  for (const NodeStatus& node : nodes) {
    if (state_name(node.state) != wanted) groups[{node.state, node.reason}].push_back(node.node);
  }
  for (const auto& [what, numbers] : groups) {
    const auto& [state, reason] = what;
    complain(context, sys::cat("node", numbers.size() == 1 ? " " : "s ", format_node_set(numbers), " not ", wanted,
                               " but ", state_name(state), reason.empty() ? "" : ": ", reason));
  }
}

}  // namespace

int run_status(Context& context, const StatusOptions& options) {
  Exchange exchange(context);
  const auto on_reply = [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::StatusReply>(&message);
    if (reply == nullptr) return;
    if (!options.bproc.empty()) {
      context.output.write(bpstat_text(reply->nodes, options.bproc));
      return exchange.finish(0);
    }
    print_status(context, reply->nodes);
    for (const std::string& note : context.json ? std::vector<std::string>() : protection_notes(*reply))
      complain(context, sys::cat("note: ", note));
    exchange.finish(0);
  };
  return exchange.run(transport::StatusRequest{options.nodes}, on_reply, [&] { exchange.finish(0); });
}

int run_wait(Context& context, const WaitOptions& options) {
  Exchange exchange(context);
  const auto on_reply = [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::StatusReply>(&message);
    if (reply == nullptr) return;
    if (context.json) print_status(context, reply->nodes);
    if (!reply->satisfied) complain_about(context, reply->nodes, options.state);
    exchange.finish(reply->satisfied ? 0 : exit_failure);
  };
  const transport::WaitRequest request{options.nodes, options.state, options.timeout_ms};
  return exchange.run(request, on_reply, [&] { exchange.finish(0); });
}

}  // namespace frontend
