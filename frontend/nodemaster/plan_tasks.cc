#include "frontend/nodemaster/plan_tasks.h"

#include <algorithm>

#include "sys/path.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr sys::Duration hook_limit = std::chrono::seconds(60);

bool is_for(const PlanStep& step, transport::NodeNumber node) {
  return !step.nodes || std::binary_search(step.nodes->begin(), step.nodes->end(), node);
}

transport::Step node_step(const PlanStep& planned, const NodeEntry& node) {
  transport::Step step = planned.step;
  if (auto* hostname = std::get_if<transport::HostnameStep>(&step.action))
    hostname->name = fill_in(hostname->name, node);
  if (auto* mount = std::get_if<transport::MountStep>(&step.action)) {
    mount->source = fill_in(mount->source, node);
    mount->options = fill_in(mount->options, node);
  }
  return step;
}

FrontEndTask front_end_task(const PlanStep& planned) {
  return {.name = sys::cat("step ", planned.step.name),
          .command = std::get<transport::RunStep>(planned.step.action).arguments,
          .limit = std::chrono::milliseconds(planned.step.timeout_ms),
          .retries = planned.step.retries,
          .on_failure = planned.step.on_failure};
}

void add_node_step(std::deque<Task>& tasks, transport::Step step) {
  auto* last = tasks.empty() ? nullptr : std::get_if<NodeTask>(&tasks.back());
  if (!last || last->steps.size() == max_steps_at_once) {
    tasks.emplace_back(NodeTask{});
    last = std::get_if<NodeTask>(&tasks.back());
  }
  last->steps.push_back(std::move(step));
}

}  // namespace

std::string fill_in(std::string_view text, const NodeEntry& node) {
  const std::pair<std::string_view, std::string> facts[] = {
      {"{name}", node.name}, {"{node}", sys::cat(node.number)}, {"{address}", sys::format_ip(node.address)}};
  std::string filled(text);
  for (const auto& [mark, value] : facts) {
    for (auto at = filled.find(mark); at != filled.npos; at = filled.find(mark, at + value.size())) {
      filled.replace(at, mark.size(), value);
    }
  }
  return filled;
}

std::deque<Task> tasks_for(const std::vector<PlanStep>& plan, const std::vector<std::string>& hooks,
                           const NodeEntry& node) {
  std::deque<Task> tasks;
  for (const PlanStep& step : plan) {
    if (!is_for(step, node.number)) continue;
    if (step.on_front_end) {
      tasks.emplace_back(front_end_task(step));
    } else {
      add_node_step(tasks, node_step(step, node));
    }
  }
  for (const std::string& hook : hooks) {
    tasks.emplace_back(
        FrontEndTask{.name = sys::cat("hook ", sys::name_in(hook)), .command = {hook}, .limit = hook_limit});
  }
  if (tasks.empty() || !std::holds_alternative<NodeTask>(tasks.back())) tasks.emplace_back(NodeTask{});
  return tasks;
}

}  // namespace frontend
