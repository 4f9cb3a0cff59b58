// What nodes are asked and have not answered yet. An answer names its question by number and may come in parts; none
// comes for ever: a node that is lost, or says nothing for `patience`, is an error for whoever has asked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "frontend/nodemaster/node_links.h"
#include "sys/loop.h"
#include "sys/result.h"

namespace frontend {

class NodeQuestions {
 public:
  static constexpr sys::Duration patience = std::chrono::seconds(15);  // for each part of an answer
  using Id = std::uint64_t;
  // Called from the loop with each part of the answer, or with why there is none, which is the last. True: more parts are
  // to come.
  using Handler = std::function<bool(sys::Result<transport::Message>)>;

  NodeQuestions(sys::Loop& loop, NodeLinks& links) : loop_(loop), links_(links) {}

  // 0: the node is not connected, and the handler is not called.
  Id ask(transport::NodeNumber node, const transport::Message& question, Handler handler);
  // The handler is not called any more.
  void cancel(Id id) { open_.erase(id); }

  void on_answer(transport::NodeNumber node, Id id, transport::Message message);
  void on_node_lost(transport::NodeNumber node, const std::string& reason);

 private:
  struct Question {
    Question(transport::NodeNumber its_node, Handler its_handler, sys::Loop& loop)
        : node(its_node), handler(std::move(its_handler)), timer(loop) {}
    transport::NodeNumber node;
    Handler handler;
    sys::Timer timer;
  };

  void wait(Id id);
  void give_up(Id id, const std::string& why);

  sys::Loop& loop_;
  NodeLinks& links_;
  Id next_ = 1;
  std::map<Id, Question> open_;
};

}  // namespace frontend
