// UpRequest: runs the plan again on every node that is connected; a NodeResult as each is up or has failed, then Done.
#include <set>

#include "frontend/common/node_state.h"
#include "frontend/nodemaster/verb.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeState;

class UpVerb final : public Verb {
 public:
  UpVerb(transport::UpRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto nodes = select_some(request_.nodes, desk_.table, reply_);
    if (nodes.empty()) return;
    desk_.plans.forget();
    for (const transport::NodeNumber node : nodes)
      begin(node);
    watch_ = desk_.table.watch([this](const Node& node, NodeState) { on_change(node); });
    finish_if_done();
  }

  void on_gone() override { desk_.table.unwatch(std::exchange(watch_, 0)); }

 private:
  void begin(transport::NodeNumber number) {
    const Node& node = *desk_.table.find(number);
    if (node.state == NodeState::down) return tell(node);
    pending_.insert(number);
    desk_.node_up.begin(number);
  }

  void on_change(const Node& node) {
    if (node.state == NodeState::boot || pending_.erase(node.entry.number) == 0) return;
    tell(node);
    finish_if_done();
  }

  void tell(const Node& node) {
    const bool up = node.state == NodeState::up;
    std::string reason;
    if (!up) reason = sys::cat(state_name(node.state), node.reason.empty() ? "" : ": ", node.reason);
    reply_.send(transport::NodeResult{node.entry.number, node.entry.name, up, std::move(reason)});
  }

  void finish_if_done() {
    if (!pending_.empty()) return;
    on_gone();
    reply_.finish(transport::Done{});
  }

  const transport::UpRequest request_;
  Desk& desk_;
  Reply& reply_;
  std::set<transport::NodeNumber> pending_;
  std::uint64_t watch_ = 0;
};

}  // namespace

std::unique_ptr<Verb> make_up_verb(transport::UpRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<UpVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
