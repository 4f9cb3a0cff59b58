// Programs that run on the front end for a node, hooks and `run` steps, with what the node's state is made of: the facts
// that they are told, and where their output goes (nodemaster's log, and the node's). Hooks that fail are counted.
#pragma once

#include <functional>
#include <optional>

#include "frontend/nodemaster/counters.h"
#include "frontend/nodemaster/hooks.h"
#include "frontend/nodemaster/local_programs.h"
#include "frontend/nodemaster/node_logs.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/plan_tasks.h"
#include "sys/log.h"
#include "sys/loop.h"

namespace frontend {

class NodePrograms {
 public:
  using Id = LocalPrograms::Id;

  NodePrograms(sys::Loop& loop, sys::Log& log, NodeLogs& logs, Counters& counters, LocalPrograms& programs)
      : loop_(loop), log_(log), logs_(logs), counters_(counters), programs_(programs) {}

  // The task's turn comes in the order of the node's tasks, and when there is a place: `began`. Both are called from the
  // loop, and not after cancel().
  Id start(const Node& node, const FrontEndTask& task, std::function<void()> began, LocalPrograms::Done done);
  void cancel(Id id) { programs_.cancel(id); }

 private:
  void on_line(transport::NodeNumber node, const std::string& title, const std::string& name, std::string_view line);

  sys::Loop& loop_;
  sys::Log& log_;
  NodeLogs& logs_;
  Counters& counters_;
  LocalPrograms& programs_;
};

}  // namespace frontend
