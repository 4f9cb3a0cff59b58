// LogRequest: the lines that the rings hold, then Done; or, following, what comes for as long as the command stays. A
// command that does not keep up loses the oldest lines and is told how many.
#include <map>
#include <set>

#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class LogVerb final : public Verb {
 public:
  LogVerb(transport::LogRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto nodes = select_nodes(request_.nodes, desk_.table);
    if (!nodes) return reply_.fail(true, nodes.error().text());
    for (const transport::NodeNumber node : *nodes) {
      cursors_.emplace(node, 0);
      fresh_.insert(node);
    }
    if (request_.follow) watch_ = desk_.logs.watch([this](transport::NodeNumber node) { on_lines(node); });
    on_drained();
  }

  void on_drained() override {
    while (!fresh_.empty() && !reply_.congested()) {
      const transport::NodeNumber node = *fresh_.begin();
      if (!send(node)) fresh_.erase(node);
    }
    if (!fresh_.empty() || request_.follow || finished_) return;
    finished_ = true;
    reply_.finish(transport::Done{});
  }

  void on_gone() override { desk_.logs.unwatch(std::exchange(watch_, 0)); }

 private:
  void on_lines(transport::NodeNumber node) {
    if (!cursors_.contains(node)) return;
    fresh_.insert(node);
    on_drained();
  }

  // True when the node has more.
  bool send(transport::NodeNumber number) {
    std::uint64_t& cursor = cursors_[number];
    NodeLogs::Piece piece = desk_.logs.read(number, cursor);
    const Node* node = desk_.table.find(number);
    if (!node || (piece.lines.empty() && piece.lost == 0)) return false;
    reply_.send(transport::LogReply{number, node->entry.name, piece.lost, std::move(piece.lines)});
    return desk_.logs.has_more(number, cursor);
  }

  const transport::LogRequest request_;
  Desk& desk_;
  Reply& reply_;
  std::map<transport::NodeNumber, std::uint64_t> cursors_;
  std::set<transport::NodeNumber> fresh_;  // may have lines that have not been sent
  std::uint64_t watch_ = 0;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_log_verb(transport::LogRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<LogVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
