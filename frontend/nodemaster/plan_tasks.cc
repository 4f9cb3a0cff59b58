#include "frontend/nodemaster/plan_tasks.h"

#include <algorithm>
#include <set>

#include "frontend/nodemaster/node_facts.h"
#include "sys/path.h"
#include "sys/text.h"
#include "transport/codec.h"
#include "transport/frame.h"

namespace frontend {
namespace {

constexpr std::size_t max_spared = 256;  // services that a node keeps

bool is_done_on(const PlanStep& step, transport::NodeNumber node) { return step.problem.empty() && is_for(step, node); }

// What each step that the node has waits for: a step that it has not stands for those that it would have waited for.
class NodeOrder {
 public:
  NodeOrder(const std::vector<PlanStep>& plan, transport::NodeNumber node) : after_(plan.size()) {
    for (std::size_t i = 0; i < plan.size(); ++i) {
      std::set<std::uint32_t> waits;
      for (const std::uint32_t before : plan[i].step.after) {
        if (before >= i) continue;  // no order that can be carried out
        if (is_done_on(plan[before], node)) {
          waits.insert(before);
        } else {
          waits.insert(after_[before].begin(), after_[before].end());
        }
      }
      after_[i].assign(waits.begin(), waits.end());
    }
  }
  const std::vector<std::uint32_t>& of(std::size_t place) const { return after_[place]; }

 private:
  std::vector<std::vector<std::uint32_t>> after_;
};

transport::Step node_step(const PlanStep& planned, std::vector<std::uint32_t> after, const NodeEntry& node) {
  transport::Step step = planned.step;
  step.after = std::move(after);
  fill_in_facts(step.action, node);
  if (planned.counts_up) count_up(step.action, node);
  return step;
}

FrontEndTask front_end_task(const PlanStep& planned) {
  return {.name = sys::cat("step ", planned.step.name),
          .command = std::get<transport::RunStep>(planned.step.action).arguments,
          .limit = std::chrono::milliseconds(planned.step.timeout_ms),
          .retries = planned.step.retries,
          .on_failure = planned.step.on_failure,
          .hook = std::nullopt};
}

// The last part of a plan stops what no part has named: a program that is missing here is no reason to stop the one that
// runs there.
std::vector<std::string> spared_services(const std::vector<PlanStep>& plan, transport::NodeNumber node) {
  std::vector<std::string> names;
  for (const PlanStep& step : plan) {
    const bool is_service = std::holds_alternative<transport::ServiceStep>(step.step.action);
    if (is_service && is_for(step, node) && !step.problem.empty() && names.size() < max_spared)
      names.push_back(step.step.name);
  }
  return names;
}

sys::Status add_node_step(std::deque<Task>& tasks, transport::Step step) {
  const auto weight = size_in_message(step);
  if (!weight) return sys::refusal(sys::cat("step ", step.name, ": ", weight.error().text()));
  auto* last = tasks.empty() ? nullptr : std::get_if<NodeTask>(&tasks.back());
  if (!last || last->steps.size() == max_steps_at_once || last->weight + *weight > max_weight_at_once) {
    tasks.emplace_back(NodeTask{});
    last = std::get_if<NodeTask>(&tasks.back());
  }
  last->weight += *weight;
  last->steps.push_back(std::move(step));
  return {};
}

}  // namespace

bool is_for(const PlanStep& step, transport::NodeNumber node) {
  return !step.nodes || std::binary_search(step.nodes->begin(), step.nodes->end(), node);
}

sys::Result<std::size_t> size_in_message(const transport::Step& step) {
  transport::Bytes bytes;
  if (const auto status = transport::encode(transport::Setup{.steps = {step}}, bytes); !status) {
    return sys::refusal(sys::cat("cannot be sent to the node: ", status.error().text()));
  }
  if (bytes.size() <= transport::max_body) return bytes.size();
  return sys::refusal(sys::cat("cannot be sent to the node: it takes ", bytes.size(), " bytes, and a message holds ",
                               transport::max_body, "; make several steps of it"));
}

std::vector<FrontEndTask> hook_tasks(const std::vector<std::string>& paths, HookEvent event, sys::Duration limit) {
  const std::string_view prefix = event == HookEvent::node_down ? "node_down hook " : "hook ";
  std::vector<FrontEndTask> tasks;
  for (const std::string& path : paths) {
    FrontEndTask task{.name = sys::cat(prefix, sys::name_in(path)), .command = {path}, .limit = limit};
    task.hook = event;
    tasks.push_back(std::move(task));
  }
  return tasks;
}

sys::Result<std::deque<Task>> tasks_for(const std::vector<PlanStep>& plan, const std::vector<FrontEndTask>& hooks,
                                        const NodeEntry& node) {
  std::deque<Task> tasks;
  const NodeOrder order(plan, node.number);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const PlanStep& step = plan[i];
    if (!is_done_on(step, node.number)) continue;
    if (step.on_front_end) {
      tasks.emplace_back(front_end_task(step));
    } else if (const auto status = add_node_step(tasks, node_step(step, order.of(i), node)); !status) {
      return tl::make_unexpected(status.error());
    }
  }
  for (const FrontEndTask& hook : hooks)
    tasks.emplace_back(hook);
  if (tasks.empty() || !std::holds_alternative<NodeTask>(tasks.back())) tasks.emplace_back(NodeTask{});
  std::get<NodeTask>(tasks.back()).spared = spared_services(plan, node.number);
  return tasks;
}

}  // namespace frontend
