// Sets nodes up: carries out each node's tasks (plan_tasks.h) one after the other, the steps on the node, hooks and
// `run` steps of the front end here.
//
//   begin() --> waiting for the plan --> task --> task --> ... --> state up
//                     |                   |
//                     +---- failure ------+--> state error, with the step and the reason
//
// Order: the plan first, then the hooks, then up. A hook finds a node that is whole, and a job finds one that the hooks
// have seen. Every set-up has its own plan number, so that a report of an earlier one is told apart.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "frontend/nodemaster/down_hooks.h"
#include "frontend/nodemaster/node_links.h"
#include "frontend/nodemaster/node_programs.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/plan_resolver.h"
#include "frontend/nodemaster/plan_tasks.h"
#include "frontend/nodemaster/rate_limit.h"
#include "sys/files.h"
#include "sys/log.h"
#include "sys/loop.h"

namespace frontend {

class NodeUp {
 public:
  // Who follows the progress of nodes is told of each change, from inside of the call that made it.
  using Watcher = std::function<void(const transport::UpProgress&)>;

  NodeUp(sys::Loop& loop, sys::Log& log, sys::Files& files, NodeTable& table, NodeLinks& links, PlanResolver& plans,
         NodePrograms& programs, DownHooks& down);

  // Sets the node up, from the beginning if that is under way already. It is connected. State: boot.
  void begin(transport::NodeNumber node);
  // The same for a node that is set up and back in the same life: only the hooks are run again. State: boot.
  void greet(transport::NodeNumber node);
  // Stops to, without a word: the node is gone.
  void cancel(transport::NodeNumber node);
  void on_report(transport::NodeNumber node, const transport::StepReport& report);
  void on_done(transport::NodeNumber node, const transport::SetupDone& done);
  // For nodes whose hooks begin from now on.
  void set_hooks(const HookSettings& hooks) { hooks_ = hooks; }
  // For all that a node's set-up takes from now on: files that are read, steps, hooks; but not what hooks wait for
  // their turn.
  void set_limit(sys::Duration limit) { limit_ = limit; }
  std::size_t running() const { return runs_.size(); }

  std::uint64_t watch(Watcher watcher);
  void unwatch(std::uint64_t id) { watchers_.erase(id); }

 private:
  struct Run {
    explicit Run(sys::Loop& loop) : limit(loop), pause(loop) {}
    std::uint64_t plan_number = 0;
    sys::Instant began{};
    sys::Timer limit;
    sys::Timer pause;  // between two attempts of the present FrontEndTask
    PlanResolver::Ticket ticket = 0;
    std::optional<sys::Instant> waits_since;  // for the turn of a program: that is not counted
    SharedPlan plan;                          // keeps its content on offer
    std::deque<Task> tasks;
    bool node_works = false;  // a Setup message is out
    NodePrograms::Id program = 0;
    unsigned attempt = 0;        // of the present FrontEndTask
    std::uint64_t began_us = 0;  // likewise, since the node's first instruction
    transport::UpProgress progress;
    std::vector<std::string> ignored;  // what failed and was ignored
  };

  Run* find(transport::NodeNumber node, std::uint64_t plan_number);
  Run& open(transport::NodeNumber node);
  void on_plan(transport::NodeNumber node, std::uint64_t plan_number, sys::Result<SharedPlan> plan);
  bool bear_problems(transport::NodeNumber node, const ResolvedPlan& plan);
  void begin_tasks(transport::NodeNumber node, Run& run, const std::vector<PlanStep>& steps);
  void next_task(transport::NodeNumber node, Run& run);
  void start(transport::NodeNumber node, Run& run, NodeTask task);
  void start(transport::NodeNumber node, Run& run, const FrontEndTask& task);
  void go_on(transport::NodeNumber node, Run& run);
  void set_limit(transport::NodeNumber node, Run& run);
  void on_began(transport::NodeNumber node, std::uint64_t plan_number);
  void start_again(transport::NodeNumber node, std::uint64_t plan_number);
  void on_program(transport::NodeNumber node, std::uint64_t plan_number, const sys::Status& status);
  void record(transport::NodeNumber node, Run& run, const FrontEndTask& task, const sys::Status& status);
  void on_limit(transport::NodeNumber node, std::uint64_t plan_number);
  void warn_of(transport::NodeNumber node, const transport::StepReport& report);
  void record_later(transport::NodeNumber node, const transport::StepReport& report);
  void record_problem(transport::NodeNumber node, const std::string& what, transport::Outcome outcome,
                      const std::string& reason);
  std::uint32_t time_left_ms(const Run& run) const;
  void fail(transport::NodeNumber node, const std::string& reason);
  void tell(Run& run, const std::string& step, transport::Outcome outcome, const std::string& reason);

  sys::Loop& loop_;
  sys::Log& log_;
  sys::Files& files_;
  NodeTable& table_;
  NodeLinks& links_;
  PlanResolver& plans_;
  NodePrograms& programs_;
  DownHooks& down_;
  HookSettings hooks_;
  sys::Duration limit_ = std::chrono::minutes(15);
  std::uint64_t next_plan_number_;
  std::map<transport::NodeNumber, Run> runs_;
  // Plans of set-ups that were cut off. The node goes on fetching what they name, should it come back, until it gets
  // the next one: that stays on offer.
  std::map<transport::NodeNumber, SharedPlan> fetching_;
  std::map<transport::NodeNumber, RateLimit> report_lines_;  // a node may report without end
  std::map<std::uint64_t, Watcher> watchers_;
  std::uint64_t next_watcher_ = 1;
};

}  // namespace frontend
