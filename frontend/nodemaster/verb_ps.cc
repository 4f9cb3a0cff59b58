// PsRequest: asks the nodes, some at a time and no faster than the command reads; a PsReply for each, or a NodeResult that says why
// there is none, then Done. A node has no more processes than it may list: what one of them says at once is bounded.
#include <deque>
#include <map>

#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class PsVerb final : public Verb {
 public:
  PsVerb(transport::PsRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto nodes = select_nodes(request_.nodes, desk_.table);
    if (!nodes) return reply_.fail(true, nodes.error().text());
    left_.assign(nodes->begin(), nodes->end());
    go_on();
  }
  void on_drained() override { go_on(); }
  void on_gone() override {
    for (const auto& [node, asked] : asked_)
      desk_.questions.cancel(asked.id);
  }

 private:
  static constexpr std::size_t most_asked = 32;        // nodes at a time
  static constexpr std::size_t most_processes = 8192;  // of one node: twice what it lists
  static constexpr std::size_t most_parts = 256;       // of one node's answer
  struct Asked {
    NodeQuestions::Id id = 0;
    std::size_t processes = 0;
    std::size_t parts = 0;
  };

  void go_on() {
    while (!left_.empty() && asked_.size() < most_asked && !reply_.congested()) {
      ask(left_.front());
      left_.pop_front();
    }
    if (!left_.empty() || !asked_.empty() || finished_) return;
    finished_ = true;
    reply_.finish(transport::Done{});
  }

  void ask(transport::NodeNumber node) {
    const auto id = desk_.questions.ask(node, transport::ListProcesses{0},
                                        [this, node](const sys::Result<transport::Message>& answer) {
                                          const bool more = on_answer(node, answer);
                                          if (!more) asked_.erase(node);
                                          go_on();
                                          return more;
                                        });
    if (id == 0) return fail(node, "not connected");
    asked_.emplace(node, Asked{id});
  }

  // True: more is to come.
  bool on_answer(transport::NodeNumber number, const sys::Result<transport::Message>& answer) {
    if (!answer) {
      fail(number, answer.error().text());
      return false;
    }
    const auto* list = std::get_if<transport::ProcessList>(&*answer);
    if (list == nullptr) return false;
    Asked& asked = asked_.at(number);
    asked.processes += list->processes.size();
    if (++asked.parts > most_parts || asked.processes > most_processes) {
      fail(number, "it lists more processes than a node can have");
      return false;
    }
    const Node* node = desk_.table.find(number);
    if (node && !list->processes.empty()) reply_.send(transport::PsReply{number, node->entry.name, list->processes});
    if (!list->trouble.empty()) fail(number, sys::printable(list->trouble, 256));
    return list->more;
  }

  void fail(transport::NodeNumber number, const std::string& why) {
    const Node* node = desk_.table.find(number);
    if (node) reply_.send(transport::NodeResult{number, node->entry.name, false, why});
  }

  const transport::PsRequest request_;
  Desk& desk_;
  Reply& reply_;
  std::deque<transport::NodeNumber> left_;
  std::map<transport::NodeNumber, Asked> asked_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_ps_verb(transport::PsRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<PsVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
