// UpRequest: runs the plan again on every node that is connected; a NodeResult as each is up or has failed, then Done.
//
// With `follow` also what happens meanwhile: of each node its first news at once, and then the newest every quarter of a
// second if there are any, while the command takes them; so a thousand nodes do not flood it.
#include <map>
#include <set>

#include "frontend/common/node_state.h"
#include "frontend/nodemaster/verb.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::NodeState;

constexpr sys::Duration pace = std::chrono::milliseconds(250);  // between two news of a node

class UpVerb final : public Verb {
 public:
  UpVerb(transport::UpRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply), turn_(desk.loop) {}

  void start() override {
    const auto nodes = select_some(request_.nodes, desk_.table, reply_);
    if (nodes.empty()) return;
    reply_.note_change(sys::cat("sets up nodes ", sys::printable(request_.nodes, 64)));
    desk_.plans.forget();
    if (request_.follow) {
      progress_ = desk_.node_up.watch([this](const transport::UpProgress& news) { on_progress(news); });
    }
    for (const NodeNumber node : nodes)
      begin(node);
    watch_ = desk_.table.watch([this](const Node& node, NodeState) { on_change(node); });
    finish_if_done();
  }

  void on_drained() override { tell_news(); }

  void on_gone() override {
    desk_.table.unwatch(std::exchange(watch_, 0));
    desk_.node_up.unwatch(std::exchange(progress_, 0));
    turn_.cancel();
  }

 private:
  void begin(NodeNumber number) {
    const Node& node = *desk_.table.find(number);
    if (node.state == NodeState::down) return tell(node);
    pending_.insert(number);
    desk_.node_up.begin(number);
  }

  void on_progress(const transport::UpProgress& news) {
    if (!pending_.contains(news.node)) return;
    const sys::Instant now = desk_.loop.clock().now();
    const auto told = told_.find(news.node);
    const bool due = told == told_.end() || now - told->second >= pace;
    news_[news.node] = news;
    if (due && !reply_.congested()) return tell_news(news.node, now);
    if (!turn_.pending()) turn_.set(pace, [this] { tell_news(); });
  }

  // What the command does not take now waits for on_drained().
  void tell_news() {
    const sys::Instant now = desk_.loop.clock().now();
    while (!news_.empty() && !reply_.congested())
      tell_news(news_.begin()->first, now);
  }

  void tell_news(NodeNumber node, sys::Instant now) {
    const transport::UpProgress news = std::move(news_.at(node));
    news_.erase(node);
    told_[node] = now;
    reply_.send(news);
  }

  void on_change(const Node& node) {
    if (node.state == NodeState::boot || pending_.erase(node.entry.number) == 0) return;
    tell(node);
    finish_if_done();
  }

  void tell(const Node& node) {
    const bool up = is_set_up(node.state);
    std::string reason = node.reason;
    news_.erase(node.entry.number);
    if (up && !reason.empty()) reason = sys::cat(state_name(node.state), "; ", reason);
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
  std::set<NodeNumber> pending_;
  std::uint64_t watch_ = 0;
  std::uint64_t progress_ = 0;                        // watch of the set-ups; 0: none
  std::map<NodeNumber, transport::UpProgress> news_;  // that have not been told
  std::map<NodeNumber, sys::Instant> told_;           // when a node's last ones were
  sys::Timer turn_;
};

}  // namespace

std::unique_ptr<Verb> make_up_verb(transport::UpRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<UpVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
