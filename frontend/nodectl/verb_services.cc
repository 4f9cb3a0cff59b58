// services: what the nodes keep running.
#include <variant>

#include "frontend/nodectl/services_text.h"
#include "frontend/nodectl/verbs.h"

namespace frontend {

int run_services(Context& context, const ServicesOptions& options) {
  Exchange exchange(context);
  std::vector<transport::ServicesReply> nodes;
  const auto on_reply = [&](transport::Message& message) {
    if (auto* reply = std::get_if<transport::ServicesReply>(&message)) nodes.push_back(std::move(*reply));
  };
  const auto on_done = [&] {
    context.output.write(context.json ? services_json(nodes) : services_table(nodes));
    exchange.finish(0);
  };
  return exchange.run(transport::ServicesRequest{options.nodes}, on_reply, on_done);
}

}  // namespace frontend
