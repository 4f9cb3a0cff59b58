// What has to be done, in order, to set up one node: runs of steps that the node carries out, and programs that run on
// the front end in between and after them.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/hooks.h"
#include "sys/clock.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

struct NodeTask {
  std::vector<transport::Step> steps;  // of one Setup message
  std::size_t weight = 0;              // bytes that they take in it
  std::vector<std::string> spared;     // services whose steps have a problem: Setup::spared
};

struct FrontEndTask {
  std::string name;  // "step licence", "hook 10-dns": for messages
  std::vector<std::string> command;
  sys::Duration limit{};
  unsigned retries = 0;
  transport::OnFailure on_failure = transport::OnFailure::error;
  std::optional<HookEvent> hook;  // nothing: a step
};

using Task = std::variant<NodeTask, FrontEndTask>;

// Of one Setup message, well below the frame limit.
constexpr std::size_t max_steps_at_once = 100;
constexpr std::size_t max_weight_at_once = 3500u << 10;  // bytes

// Whether the plan has the step for that node.
bool is_for(const PlanStep& step, transport::NodeNumber node);

// One for each path, called "hook 10-dns" or "node_down hook 10-dns".
std::vector<FrontEndTask> hook_tasks(const std::vector<std::string>& paths, HookEvent event, sys::Duration limit);

// How many bytes a step takes in a Setup message, or why none can hold it.
sys::Result<std::size_t> size_in_message(const transport::Step& step);

// The steps that are for `node`, with its facts filled in, then the hooks; a step with a problem is left out (of a service:
// one that runs is spared). Never empty, and the last task is the node's: its success means that the node is up. An error
// when a step, with the facts, is more than a message holds.
sys::Result<std::deque<Task>> tasks_for(const std::vector<PlanStep>& plan, const std::vector<FrontEndTask>& hooks,
                                        const NodeEntry& node);

}  // namespace frontend
