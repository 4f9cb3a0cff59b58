// ServicesRequest: one ServicesReply per node that has any, as fast as the command takes them, then Done.
#include <deque>

#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class ServicesVerb final : public Verb {
 public:
  ServicesVerb(transport::ServicesRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto nodes = select_nodes(request_.nodes, desk_.table);
    if (!nodes) return reply_.fail(true, nodes.error().text());
    left_.assign(nodes->begin(), nodes->end());
    on_drained();
  }

  void on_drained() override {
    if (finished_) return;
    while (!left_.empty() && !reply_.congested()) {
      send(left_.front());
      left_.pop_front();
    }
    if (!left_.empty()) return;
    finished_ = true;
    reply_.finish(transport::Done{});
  }

 private:
  void send(transport::NodeNumber number) {
    const Node* node = desk_.table.find(number);
    if (!node) return;
    transport::ServicesReply reply{.node = number, .name = node->entry.name, .services = desk_.services.of(number)};
    if (!reply.services.empty()) reply_.send(reply);
  }

  const transport::ServicesRequest request_;
  Desk& desk_;
  Reply& reply_;
  std::deque<transport::NodeNumber> left_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_services_verb(transport::ServicesRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<ServicesVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
