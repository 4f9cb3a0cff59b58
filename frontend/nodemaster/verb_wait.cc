// WaitRequest: one StatusReply once all nodes are in the state, or when the time is up, or when there is nothing to wait
// for: a node in `error` or `unavailable` stays there until somebody mends it, so that waiting for `up` ends then; one that leaves the
// configuration is in no state any more.
#include <set>

#include "frontend/common/node_state.h"
#include "frontend/nodemaster/verb.h"
#include "sys/text.h"

namespace frontend {
namespace {

class WaitVerb final : public Verb {
 public:
  WaitVerb(transport::WaitRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply), timeout_(desk.loop) {}

  void start() override {
    const auto state = parse_state(request_.state);
    if (!state) return reply_.fail(true, sys::cat("unknown state '", sys::printable(request_.state, 64), "'"));
    const auto nodes = select_nodes(request_.nodes, desk_.table);
    if (!nodes) return reply_.fail(true, nodes.error().text());
    state_ = *state;
    nodes_.insert(nodes->begin(), nodes->end());
    bool hopeless = false;
    for (const transport::NodeNumber node : nodes_) {
      const auto now = desk_.table.state_of(node);
      if (now != state_) ++missing_;
      hopeless = hopeless || is_hopeless(*now);
    }
    if (missing_ == 0 || hopeless) return finish(missing_ == 0);
    watch_ = desk_.table.watch([this](const Node& node, transport::NodeState before) { on_change(node, before); });
    if (request_.timeout_ms != 0) {
      const auto limit = std::min<std::uint64_t>(request_.timeout_ms, std::uint64_t{1} << 40);
      timeout_.set(std::chrono::milliseconds(limit), [this] { finish(false); });
    }
  }

  void on_gone() override { stop(); }

 private:
  void stop() {
    desk_.table.unwatch(std::exchange(watch_, 0));
    timeout_.cancel();
  }

  // Counts, so that a thousand nodes that come up cost a thousand steps and not a million.
  void on_change(const Node& node, transport::NodeState before) {
    if (!nodes_.contains(node.entry.number)) return;
    if (!desk_.table.find(node.entry.number)) {
      stop();
      return reply_.fail(false, sys::cat(node.entry.name, ": ", node.reason));
    }
    if (before == state_) ++missing_;
    if (node.state == state_) --missing_;
    if (missing_ == 0 || is_hopeless(node.state)) finish(missing_ == 0);
  }

  bool is_hopeless(transport::NodeState now) const {
    using transport::NodeState;
    return state_ == NodeState::up && (now == NodeState::error || now == NodeState::unavailable);
  }

  void finish(bool satisfied) {
    stop();
    transport::StatusReply reply{.satisfied = satisfied, .channel = std::string(desk_.listener.protection())};
    for (const transport::NodeNumber number : nodes_) {
      if (const Node* node = desk_.table.find(number)) reply.nodes.push_back(status_of(*node));
    }
    reply_.finish(reply);
  }

  const transport::WaitRequest request_;
  Desk& desk_;
  Reply& reply_;
  transport::NodeState state_ = transport::NodeState::up;
  std::set<transport::NodeNumber> nodes_;
  std::size_t missing_ = 0;
  std::uint64_t watch_ = 0;
  sys::Timer timeout_;
};

}  // namespace

std::unique_ptr<Verb> make_wait_verb(transport::WaitRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<WaitVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
