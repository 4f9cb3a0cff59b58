#include "frontend/nodemaster/node_up.h"

#include <algorithm>

#include "frontend/common/node_state.h"
#include "frontend/nodemaster/hooks.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::NodeState;

constexpr sys::Duration node_word_grace = std::chrono::seconds(3);

std::vector<std::string> facts_of(const Node& node) {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          sys::cat("NODE=", node.entry.number),
          sys::cat("NODE_NAME=", node.entry.name),
          sys::cat("NODE_ADDRESS=", sys::format_ip(node.hello.address)),
          sys::cat("NODE_MAC=", sys::format_mac(node.entry.mac)),
          sys::cat("NODE_STATE=", state_name(node.state))};
}

}  // namespace

// The first number follows the clock, so that reports that nodes still have for an earlier nodemaster do not fit.
NodeUp::NodeUp(sys::Loop& loop, sys::Log& log, sys::Files& files, NodeTable& table, NodeLinks& links,
               PlanResolver& plans, LocalPrograms& programs, std::string hooks)
    : loop_(loop),
      log_(log),
      files_(files),
      table_(table),
      links_(links),
      plans_(plans),
      programs_(programs),
      hooks_(std::move(hooks)),
      next_plan_number_(static_cast<std::uint64_t>(loop.clock().wall().time_since_epoch().count())) {}

NodeUp::Run* NodeUp::find(NodeNumber node, std::uint64_t plan_number) {
  const auto found = runs_.find(node);
  return found == runs_.end() || found->second.plan_number != plan_number ? nullptr : &found->second;
}

void NodeUp::begin(NodeNumber node) {
  cancel(node);
  const std::uint64_t number = next_plan_number_++;
  Run& run = runs_.try_emplace(node, loop_).first->second;
  run.plan_number = number;
  run.began = loop_.clock().now();
  // The node watches its own steps, and knows best what it was doing: it has the first word.
  run.limit.set(limit_ + node_word_grace, [this, node, number] { on_limit(node, number); });
  table_.set_state(node, NodeState::boot, "");
  table_.set_reason(node, "waiting for the plan's files");
  plans_.want(table_.find(node)->hello.kernel_release,
              [this, node, number](const sys::Result<SharedPlan>& plan) { on_plan(node, number, plan); });
}

void NodeUp::cancel(NodeNumber node) {
  const auto found = runs_.find(node);
  if (found == runs_.end()) return;
  if (found->second.program != 0) programs_.cancel(found->second.program);
  runs_.erase(found);
}

void NodeUp::on_plan(NodeNumber node, std::uint64_t plan_number, sys::Result<SharedPlan> plan) {
  Run* run = find(node, plan_number);
  if (!run) return;
  if (!plan) return fail(node, plan.error().text());
  if (!bear_problems(node, **plan)) return;
  const auto hooks = list_hooks(files_, hooks_);
  if (!hooks) return fail(node, hooks.error().text());
  run->plan = *plan;
  run->tasks = tasks_for(run->plan->steps, hooks->paths, table_.find(node)->entry);
  next_task(node, *run);
}

// What the node's steps lack on the front end: false when it fails for that.
bool NodeUp::bear_problems(NodeNumber node, const ResolvedPlan& plan) {
  for (const PlanStep& planned : plan.steps) {
    if (planned.problem.empty() || !is_for(planned, node)) continue;
    const std::string what = sys::cat("step ", planned.step.name);
    if (planned.step.on_failure == transport::OnFailure::error) {
      fail(node, sys::cat(what, ": ", planned.problem));
      return false;
    }
    const Node& facts = *table_.find(node);
    log_.warning(facts.entry.name, ": ", what, ": ", planned.problem, ", ignoring it");
    const std::uint64_t now = node_uptime_us(facts, loop_.clock().now());
    table_.add_here(node, {sys::cat("front end: ", what), now, now, transport::Outcome::ignored, planned.problem});
  }
  return true;
}

void NodeUp::next_task(NodeNumber node, Run& run) {
  run.attempt = 1;
  if (auto* here = std::get_if<FrontEndTask>(&run.tasks.front())) return start(node, run, *here);
  NodeTask task = std::move(std::get<NodeTask>(run.tasks.front()));
  run.tasks.pop_front();
  start(node, run, std::move(task));
}

void NodeUp::start(NodeNumber node, Run& run, NodeTask task) {
  const bool last = run.tasks.empty();
  if (!task.steps.empty()) table_.set_reason(node, sys::cat("step ", task.steps.front().name));
  run.node_works = true;
  links_.send(
      node, transport::Setup{
                .plan = run.plan_number, .last = last, .limit_ms = time_left_ms(run), .steps = std::move(task.steps)});
}

void NodeUp::start(NodeNumber node, Run& run, const FrontEndTask& task) {
  const Node& facts = *table_.find(node);
  table_.set_reason(node, sys::cat(task.name, " (front end)"));
  run.began_us = node_uptime_us(facts, loop_.clock().now());
  LocalProgram program{.title = sys::cat(facts.entry.name, ": ", task.name),
                       .command = task.command,
                       .environment = facts_of(facts),
                       .limit = task.limit};
  run.program = programs_.start(std::move(program), [this, node, number = run.plan_number](const sys::Status& status) {
    on_program(node, number, status);
  });
}

void NodeUp::on_program(NodeNumber node, std::uint64_t plan_number, const sys::Status& status) {
  Run* run = find(node, plan_number);
  if (!run) return;
  run->program = 0;
  const FrontEndTask& task = std::get<FrontEndTask>(run->tasks.front());
  record(node, *run, task, status);
  if (!status && run->attempt <= task.retries) {
    ++run->attempt;
    return start(node, *run, task);
  }
  if (!status && task.on_failure == transport::OnFailure::error) {
    return fail(node, sys::cat(task.name, ": ", status.error().text()));
  }
  run->tasks.pop_front();
  next_task(node, *run);
}

void NodeUp::record(NodeNumber node, const Run& run, const FrontEndTask& task, const sys::Status& status) {
  const Node& facts = *table_.find(node);
  transport::BootEntry entry;
  entry.name = sys::cat("front end: ", task.name);
  entry.start_us = run.began_us;
  entry.end_us = node_uptime_us(facts, loop_.clock().now());
  entry.outcome = transport::Outcome::done;
  if (!status) {
    const bool counts = task.on_failure == transport::OnFailure::error;
    entry.outcome = counts ? transport::Outcome::failed : transport::Outcome::ignored;
    entry.reason = status.error().text();
    log_.warning(facts.entry.name, ": ", task.name, " failed on the front end: ", entry.reason,
                 counts ? "" : ", ignoring it");
  }
  table_.add_here(node, std::move(entry));
}

void NodeUp::on_report(NodeNumber node, const transport::StepReport& report) {
  if (!find(node, report.plan)) return;
  const bool failed = report.outcome == transport::Outcome::failed || report.outcome == transport::Outcome::ignored;
  if (failed) {
    log_.warning(table_.find(node)->entry.name, ": step ", report.name, ", attempt ", report.attempt, ": ",
                 report.reason);
  } else if (report.outcome == transport::Outcome::running) {
    table_.set_reason(node, sys::cat("step ", sys::printable(report.name), ": ", sys::printable(report.reason, 1024)));
  }
}

void NodeUp::on_done(NodeNumber node, const transport::SetupDone& done) {
  Run* run = find(node, done.plan);
  if (!run || !run->node_works) return;
  run->node_works = false;
  if (!done.succeeded) return fail(node, sys::printable(done.reason, 1024));
  if (!run->tasks.empty()) return next_task(node, *run);
  runs_.erase(node);
  table_.set_up_done(node);
}

std::uint32_t NodeUp::time_left_ms(const Run& run) const {
  const auto left = run.began + limit_ - loop_.clock().now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(ms, 1));
}

void NodeUp::on_limit(NodeNumber node, std::uint64_t plan_number) {
  Run* run = find(node, plan_number);
  if (!run) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit_).count();
  const std::string what = table_.find(node)->reason;
  if (run->program != 0) programs_.cancel(run->program);
  fail(node,
       sys::cat("the plan's time limit of ", seconds, " s is over; not done: ", what.empty() ? "the rest" : what));
}

void NodeUp::fail(NodeNumber node, const std::string& reason) {
  runs_.erase(node);
  table_.set_state(node, NodeState::error, reason);
}

}  // namespace frontend
