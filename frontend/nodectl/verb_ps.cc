// ps: what runs on the nodes.
#include <variant>

#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/ps_text.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {

int run_ps(Context& context, const PsOptions& options) {
  Exchange exchange(context);
  std::vector<transport::PsReply> nodes;
  int status = 0;
  const auto on_reply = [&](transport::Message& message) {
    if (auto* reply = std::get_if<transport::PsReply>(&message)) nodes.push_back(std::move(*reply));
    const auto* result = std::get_if<transport::NodeResult>(&message);
    if (result == nullptr || result->succeeded) return;
    complain(context, sys::cat(result->name, ": ", result->reason));
    status = exit_failure;
  };
  const auto on_done = [&] {
    context.output.write(context.json ? ps_json(std::move(nodes)) : ps_table(std::move(nodes)));
    exchange.finish(status);
  };
  return exchange.run(transport::PsRequest{options.nodes}, on_reply, on_done);
}

}  // namespace frontend
