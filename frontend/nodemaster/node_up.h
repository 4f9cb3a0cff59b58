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
#include <map>
#include <string>

#include "frontend/nodemaster/local_programs.h"
#include "frontend/nodemaster/node_links.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/plan_resolver.h"
#include "frontend/nodemaster/plan_tasks.h"
#include "sys/files.h"
#include "sys/log.h"
#include "sys/loop.h"

namespace frontend {

class NodeUp {
 public:
  // `hooks`: their directory, or empty.
  NodeUp(sys::Loop& loop, sys::Log& log, sys::Files& files, NodeTable& table, NodeLinks& links, PlanResolver& plans,
         LocalPrograms& programs, std::string hooks);

  // Sets the node up, from the beginning if that is under way already. It is connected. State: boot.
  void begin(transport::NodeNumber node);
  // Stops to, without a word: the node is gone.
  void cancel(transport::NodeNumber node);
  void on_report(transport::NodeNumber node, const transport::StepReport& report);
  void on_done(transport::NodeNumber node, const transport::SetupDone& done);
  void set_hooks(std::string directory) { hooks_ = std::move(directory); }
  // For all that a node's set-up takes from now on: files that are read, steps, hooks.
  void set_limit(sys::Duration limit) { limit_ = limit; }
  std::size_t running() const { return runs_.size(); }

 private:
  struct Run {
    explicit Run(sys::Loop& loop) : limit(loop) {}
    std::uint64_t plan_number = 0;
    sys::Instant began{};
    sys::Timer limit;
    SharedPlan plan;  // keeps its content on offer
    std::deque<Task> tasks;
    bool node_works = false;  // a Setup message is out
    LocalPrograms::Id program = 0;
    unsigned attempt = 0;        // of the present FrontEndTask
    std::uint64_t began_us = 0;  // likewise, since the node's first instruction
  };

  Run* find(transport::NodeNumber node, std::uint64_t plan_number);
  void on_plan(transport::NodeNumber node, std::uint64_t plan_number, sys::Result<SharedPlan> plan);
  bool bear_problems(transport::NodeNumber node, const ResolvedPlan& plan);
  void next_task(transport::NodeNumber node, Run& run);
  void start(transport::NodeNumber node, Run& run, NodeTask task);
  void start(transport::NodeNumber node, Run& run, const FrontEndTask& task);
  void on_program(transport::NodeNumber node, std::uint64_t plan_number, const sys::Status& status);
  void record(transport::NodeNumber node, const Run& run, const FrontEndTask& task, const sys::Status& status);
  void on_limit(transport::NodeNumber node, std::uint64_t plan_number);
  std::uint32_t time_left_ms(const Run& run) const;
  void fail(transport::NodeNumber node, const std::string& reason);

  sys::Loop& loop_;
  sys::Log& log_;
  sys::Files& files_;
  NodeTable& table_;
  NodeLinks& links_;
  PlanResolver& plans_;
  LocalPrograms& programs_;
  std::string hooks_;
  sys::Duration limit_ = std::chrono::minutes(15);
  std::uint64_t next_plan_number_;
  std::map<transport::NodeNumber, Run> runs_;
};

}  // namespace frontend
