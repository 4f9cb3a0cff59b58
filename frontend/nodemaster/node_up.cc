#include "frontend/nodemaster/node_up.h"

#include <algorithm>

#include "frontend/nodemaster/node_facts.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::NodeState;

constexpr sys::Duration node_word_grace = std::chrono::seconds(3);

// Before the next attempt of a step on the front end: 1 s, 2 s, 4 s, and so on to a minute.
sys::Duration pause_after(unsigned attempts) {
  return std::chrono::seconds(std::min(60u, 1u << std::min(attempts - 1, 6u)));
}

std::uint32_t steps_of(const std::deque<Task>& tasks) {
  std::size_t steps = 0;
  for (const Task& task : tasks) {
    const auto* on_node = std::get_if<NodeTask>(&task);
    steps += on_node ? on_node->steps.size() : 1;
  }
  return static_cast<std::uint32_t>(steps);
}

constexpr std::size_t max_recorded = 512;  // bytes of a reason in the boot record
constexpr std::size_t max_ignored = 1000;  // failures of one set-up: as many as a plan may have steps

void note_ignored(std::vector<std::string>& ignored, std::string what) {
  if (ignored.size() < max_ignored) ignored.push_back(std::move(what));
}

// "2 failures ignored: step a, hook 10-x".
std::string remark_of(const std::vector<std::string>& ignored) {
  if (ignored.empty()) return {};
  std::string names;
  for (const std::string& name : ignored)
    names += sys::cat(names.empty() ? "" : ", ", name);
  return sys::cat(ignored.size(), ignored.size() == 1 ? " failure ignored: " : " failures ignored: ", names);
}

}  // namespace

// The first number follows the clock, so that reports that nodes still have for an earlier nodemaster do not fit.
NodeUp::NodeUp(sys::Loop& loop, sys::Log& log, sys::Files& files, NodeTable& table, NodeLinks& links,
               PlanResolver& plans, NodePrograms& programs, DownHooks& down)
    : loop_(loop),
      log_(log),
      files_(files),
      table_(table),
      links_(links),
      plans_(plans),
      programs_(programs),
      down_(down),
      next_plan_number_(static_cast<std::uint64_t>(loop.clock().wall().time_since_epoch().count())) {}

NodeUp::Run* NodeUp::find(NodeNumber node, std::uint64_t plan_number) {
  const auto found = runs_.find(node);
  return found == runs_.end() || found->second.plan_number != plan_number ? nullptr : &found->second;
}

NodeUp::Run& NodeUp::open(NodeNumber node) {
  cancel(node);
  const std::uint64_t number = next_plan_number_++;
  Run& run = runs_.try_emplace(node, loop_).first->second;
  run.plan_number = number;
  run.began = loop_.clock().now();
  run.progress.node = node;
  run.progress.name = table_.find(node)->entry.name;
  set_limit(node, run);
  table_.set_state(node, NodeState::boot, "");
  return run;
}

void NodeUp::begin(NodeNumber node) {
  constexpr char waits[] = "waiting for the plan's files";
  Run& run = open(node);
  table_.set_up_begun(node);  // should it fail or the connection break, it begins anew when the node is back
  table_.set_reason(node, waits);
  tell(run, "", transport::Outcome::running, waits);
  run.ticket = plans_.want(
      table_.find(node)->hello.kernel_release,
      [this, node, number = run.plan_number](const sys::Result<SharedPlan>& plan) { on_plan(node, number, plan); });
}

// The node itself hears nothing of it: a plan without steps would end what the steps of the last one have left running.
void NodeUp::greet(NodeNumber node) {
  Run& run = open(node);
  const auto hooks = list_hooks(files_, hooks_.up);
  if (!hooks) return fail(node, hooks.error().text());
  for (const FrontEndTask& task : hook_tasks(hooks->paths, HookEvent::node_up, hooks_.limit))
    run.tasks.emplace_back(task);
  run.progress.steps = steps_of(run.tasks);
  next_task(node, run);
}

void NodeUp::cancel(NodeNumber node) {
  const auto found = runs_.find(node);
  if (found == runs_.end()) return;
  if (found->second.program != 0) programs_.cancel(found->second.program);
  plans_.withdraw(found->second.ticket);
  if (found->second.plan) fetching_[node] = found->second.plan;
  runs_.erase(found);
}

void NodeUp::on_plan(NodeNumber node, std::uint64_t plan_number, sys::Result<SharedPlan> plan) {
  Run* run = find(node, plan_number);
  if (!run) return;
  fetching_.erase(node);
  if (!plan) return fail(node, plan.error().text());
  if (!bear_problems(node, **plan)) return;
  run->plan = *plan;
  begin_tasks(node, *run, run->plan->steps);
}

// What the node's steps lack on the front end: false when it fails for that.
bool NodeUp::bear_problems(NodeNumber node, const ResolvedPlan& plan) {
  for (const PlanStep& planned : plan.steps) {
    if (planned.problem.empty() || !is_for(planned, node)) continue;
    const std::string what = sys::cat("step ", planned.step.name);
    if (planned.step.on_failure == transport::OnFailure::error) {
      record_problem(node, what, transport::Outcome::failed, planned.problem);
      fail(node, sys::cat(what, ": ", planned.problem));
      return false;
    }
    const Node& facts = *table_.find(node);
    log_.warning(facts.entry.name, ": ", what, ": ", planned.problem, ", ignoring it");
    record_problem(node, what, transport::Outcome::ignored, planned.problem);
    note_ignored(runs_.at(node).ignored, what);
  }
  return true;
}

void NodeUp::begin_tasks(NodeNumber node, Run& run, const std::vector<PlanStep>& steps) {
  const auto hooks = list_hooks(files_, hooks_.up);
  if (!hooks) return fail(node, hooks.error().text());
  auto tasks = tasks_for(steps, hook_tasks(hooks->paths, HookEvent::node_up, hooks_.limit), table_.find(node)->entry);
  if (!tasks) {
    record_problem(node, "making the steps ready", transport::Outcome::failed, tasks.error().text());
    return fail(node, tasks.error().text());
  }
  run.tasks = std::move(*tasks);
  run.progress.steps = steps_of(run.tasks);
  next_task(node, run);
}

void NodeUp::next_task(NodeNumber node, Run& run) {
  if (run.tasks.empty()) {
    const std::string remark = remark_of(run.ignored);
    runs_.erase(node);
    return table_.set_up_done(node, remark);
  }
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
  fill_in_time(task.steps, loop_.clock().wall());
  links_.send(node, transport::Setup{.plan = run.plan_number,
                                     .last = last,
                                     .limit_ms = time_left_ms(run),
                                     .steps = std::move(task.steps),
                                     .spared = std::move(task.spared)});
}

void NodeUp::start(NodeNumber node, Run& run, const FrontEndTask& task) {
  const std::uint64_t number = run.plan_number;
  table_.set_reason(node, sys::cat("waiting for its turn: ", task.name));
  tell(run, task.name, transport::Outcome::running, "waiting for its turn");
  run.waits_since = loop_.clock().now();
  run.limit.cancel();
  run.began_us = node_uptime_us(*table_.find(node), loop_.clock().now());
  run.program = programs_.start(
      *table_.find(node), task, [this, node, number] { on_began(node, number); },
      [this, node, number](const sys::Status& status) { on_program(node, number, status); });
}

void NodeUp::on_began(NodeNumber node, std::uint64_t plan_number) {
  Run* run = find(node, plan_number);
  if (!run) return;
  go_on(node, *run);
  const FrontEndTask& task = std::get<FrontEndTask>(run->tasks.front());
  if (task.hook) down_.note_greeted(node);
  run->began_us = node_uptime_us(*table_.find(node), loop_.clock().now());
  table_.set_reason(node, sys::cat(task.name, " (front end)"));
  tell(*run, task.name, transport::Outcome::running, "on the front end");
}

// What other nodes' programs take is not this node's time.
void NodeUp::go_on(NodeNumber node, Run& run) {
  if (!run.waits_since) return;
  const sys::Instant now = loop_.clock().now();
  run.began += now - *std::exchange(run.waits_since, std::nullopt);
  set_limit(node, run);
}

// The node watches its own steps, and knows best what it was doing: it has the first word.
void NodeUp::set_limit(NodeNumber node, Run& run) {
  const auto left = run.began + limit_ + node_word_grace - loop_.clock().now();
  run.limit.set(std::max<sys::Duration>(left, sys::Duration::zero()),
                [this, node, number = run.plan_number] { on_limit(node, number); });
}

void NodeUp::on_program(NodeNumber node, std::uint64_t plan_number, const sys::Status& status) {
  Run* run = find(node, plan_number);
  if (!run) return;
  run->program = 0;
  go_on(node, *run);
  const FrontEndTask& task = std::get<FrontEndTask>(run->tasks.front());
  record(node, *run, task, status);
  if (!status && run->attempt <= task.retries) {
    run->pause.set(pause_after(run->attempt), [this, node, plan_number] { start_again(node, plan_number); });
    ++run->attempt;
    return;
  }
  if (!status && task.on_failure == transport::OnFailure::error) {
    return fail(node, sys::cat(task.name, ": ", status.error().text()));
  }
  run->tasks.pop_front();
  next_task(node, *run);
}

void NodeUp::start_again(NodeNumber node, std::uint64_t plan_number) {
  if (Run* run = find(node, plan_number)) start(node, *run, std::get<FrontEndTask>(run->tasks.front()));
}

void NodeUp::record(NodeNumber node, Run& run, const FrontEndTask& task, const sys::Status& status) {
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
  const bool again = !status && run.attempt <= task.retries;
  if (!again) ++run.progress.steps_over;
  if (!again && entry.outcome == transport::Outcome::ignored) note_ignored(run.ignored, task.name);
  tell(run, task.name, again ? transport::Outcome::running : entry.outcome, entry.reason);
  table_.add_here(node, std::move(entry));
}

void NodeUp::on_report(NodeNumber node, const transport::StepReport& report) {
  Run* run = find(node, report.plan);
  if (!run) return;
  if (report.outcome != transport::Outcome::running) {
    run->progress.steps_over = std::min(run->progress.steps_over + 1, run->progress.steps);
  }
  record_later(node, report);
  if (report.outcome == transport::Outcome::ignored)
    note_ignored(run->ignored, sys::cat("step ", sys::printable(report.name)));
  tell(*run, sys::cat("step ", sys::printable(report.name)), report.outcome, sys::printable(report.reason, 1024));
  const bool failed = report.outcome == transport::Outcome::failed || report.outcome == transport::Outcome::ignored;
  if (failed) {
    warn_of(node, report);
  } else if (report.outcome == transport::Outcome::running) {
    table_.set_reason(node, sys::cat("step ", sys::printable(report.name), ": ", sys::printable(report.reason, 1024)));
  }
}

void NodeUp::warn_of(NodeNumber node, const transport::StepReport& report) {
  constexpr unsigned most = 100;
  auto& limit = report_lines_.try_emplace(node, loop_.clock(), most, std::chrono::minutes(1)).first->second;
  const auto verdict = limit.ask();
  if (verdict == RateLimit::Verdict::keep_quiet) return;
  log_.warning(table_.find(node)->entry.name, ": step ", sys::printable(report.name), ", attempt ", report.attempt,
               ": ", sys::printable(report.reason, 1024),
               verdict == RateLimit::Verdict::say_last ? "; further ones of this node are not shown for a minute" : "");
}

// The node's own record ends when it is up for the first time.
void NodeUp::record_later(NodeNumber node, const transport::StepReport& report) {
  const Node& facts = *table_.find(node);
  if (!record_is_closed(facts) || report.outcome == transport::Outcome::running) return;
  const std::uint64_t now = node_uptime_us(facts, loop_.clock().now());
  table_.add_here(node, {sys::cat("setup: ", sys::printable(report.name)), now - std::min(now, report.duration_us), now,
                         report.outcome, sys::printable(report.reason, max_recorded)});
}

void NodeUp::record_problem(NodeNumber node, const std::string& what, transport::Outcome outcome,
                            const std::string& reason) {
  const std::uint64_t now = node_uptime_us(*table_.find(node), loop_.clock().now());
  table_.add_here(node, {sys::cat("front end: ", what), now, now, outcome, sys::printable(reason, max_recorded)});
}

void NodeUp::on_done(NodeNumber node, const transport::SetupDone& done) {
  Run* run = find(node, done.plan);
  if (!run || !run->node_works) return;
  run->node_works = false;
  if (!done.succeeded) return fail(node, sys::printable(done.reason, 1024));
  next_task(node, *run);
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
  if (const auto found = runs_.find(node); found != runs_.end()) {
    plans_.withdraw(found->second.ticket);
    runs_.erase(found);
  }
  table_.set_state(node, NodeState::error, reason);
}

std::uint64_t NodeUp::watch(Watcher watcher) {
  watchers_.emplace(next_watcher_, std::move(watcher));
  return next_watcher_++;
}

void NodeUp::tell(Run& run, const std::string& step, transport::Outcome outcome, const std::string& reason) {
  run.progress.step = step;
  run.progress.outcome = outcome;
  run.progress.reason = reason;
  // A watcher may go while it is told.
  const auto watchers = watchers_;
  for (const auto& [id, watcher] : watchers) {
    if (watchers_.contains(id)) watcher(run.progress);
  }
}

}  // namespace frontend
