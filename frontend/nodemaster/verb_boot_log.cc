// BootLogRequest: one BootLogReply per node, as fast as the command takes them, then Done.
#include <algorithm>
#include <deque>

#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class BootLogVerb final : public Verb {
 public:
  BootLogVerb(transport::BootLogRequest request, Desk& desk, Reply& reply)
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
    transport::NodeBootRecord record{.node = number, .name = node->entry.name, .entries = node->record};
    record.entries.insert(record.entries.end(), node->here.begin(), node->here.end());
    std::stable_sort(record.entries.begin(), record.entries.end(),
                     [](const auto& a, const auto& b) { return a.start_us < b.start_us; });
    reply_.send(transport::BootLogReply{std::move(record)});
  }

  const transport::BootLogRequest request_;
  Desk& desk_;
  Reply& reply_;
  std::deque<transport::NodeNumber> left_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_boot_log_verb(transport::BootLogRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<BootLogVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
