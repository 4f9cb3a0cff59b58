// PowerRequest: tells each node to restart or to power off; a NodeResult when it has been told, then Done.
#include "frontend/nodemaster/verb.h"
#include "sys/text.h"

namespace frontend {
namespace {

class PowerVerb final : public Verb {
 public:
  PowerVerb(transport::PowerRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto nodes = select_some(request_.nodes, desk_.table, reply_);
    if (nodes.empty()) return;
    reply_.note_change(sys::cat(restarts() ? "restarts" : "powers off", " nodes ", sys::printable(request_.nodes, 64)));
    for (const transport::NodeNumber node : nodes)
      tell(*desk_.table.find(node));
    reply_.finish(transport::Done{});
  }

 private:
  bool restarts() const { return request_.change == transport::PowerChange::restart; }

  void tell(const Node& node) {
    const transport::NodeNumber number = node.entry.number;
    const bool sent = desk_.sessions.send(number, transport::Power{request_.change});
    if (sent) leave(number);
    std::string trouble = sent ? "" : sys::cat("not connected: ", node.reason);
    reply_.send(transport::NodeResult{number, node.entry.name, sent, std::move(trouble)});
  }

  // Down from now on, not when its silence is noticed: who waits for it next waits for its return.
  void leave(transport::NodeNumber number) {
    const std::string reason = restarts() ? "restarting, as asked" : "powered off, as asked";
    desk_.sessions.expect_leave(number, reason);
    desk_.table.set_state(number, transport::NodeState::down, reason);
  }

  const transport::PowerRequest request_;
  Desk& desk_;
  Reply& reply_;
};

}  // namespace

std::unique_ptr<Verb> make_power_verb(transport::PowerRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<PowerVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
