// StatusRequest: one StatusReply with all nodes, final by itself.
#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class StatusVerb final : public Verb {
 public:
  StatusVerb(transport::StatusRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto nodes = select_nodes(request_.nodes, desk_.table);
    if (!nodes) return reply_.fail(true, nodes.error().text());
    transport::StatusReply status{.channel = std::string(desk_.listener.protection())};
    for (const transport::NodeNumber node : *nodes)
      status.nodes.push_back(status_of(*desk_.table.find(node)));
    reply_.finish(status);
  }

 private:
  const transport::StatusRequest request_;
  Desk& desk_;
  Reply& reply_;
};

}  // namespace

std::unique_ptr<Verb> make_status_verb(transport::StatusRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<StatusVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
