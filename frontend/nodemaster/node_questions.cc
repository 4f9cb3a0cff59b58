#include "frontend/nodemaster/node_questions.h"

#include <utility>
#include <vector>

#include "sys/text.h"

namespace frontend {

NodeQuestions::Id NodeQuestions::ask(transport::NodeNumber node, const transport::Message& question, Handler handler) {
  if (!links_.ask(node, next_, question)) return 0;
  const Id id = next_++;
  open_.try_emplace(id, node, std::move(handler), loop_);
  wait(id);
  return id;
}

void NodeQuestions::wait(Id id) {
  open_.at(id).timer.set(
      patience, [this, id] { give_up(id, sys::cat("no answer within ", patience / std::chrono::seconds(1), " s")); });
}

// The handler may ask, and cancel, whatever it likes.
void NodeQuestions::on_answer(transport::NodeNumber node, Id id, transport::Message message) {
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.node != node) return;  // too late, or nobody wants to know any more
  const Handler handler = found->second.handler;
  if (!handler(std::move(message))) {
    open_.erase(id);
  } else if (open_.contains(id)) {
    wait(id);
  }
}

void NodeQuestions::give_up(Id id, const std::string& why) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const Handler handler = std::move(found->second.handler);
  open_.erase(found);
  handler(sys::refusal(why));
}

void NodeQuestions::on_node_lost(transport::NodeNumber node, const std::string& reason) {
  std::vector<Id> lost;
  for (const auto& [id, question] : open_)
    if (question.node == node) lost.push_back(id);
  for (const Id id : lost)
    give_up(id, sys::cat("node lost: ", reason));
}

}  // namespace frontend
