#include "frontend/nodemaster/down_hooks.h"

#include "sys/text.h"

namespace frontend {

using transport::NodeNumber;
using transport::NodeState;

DownHooks::DownHooks(sys::Log& log, sys::Files& files, NodeTable& table, NodePrograms& programs)
    : log_(log), files_(files), table_(table), programs_(programs) {
  watch_ = table_.watch([this](const Node& node, NodeState) { on_change(node); });
}

void DownHooks::note_greeted(NodeNumber node) {
  known_.insert(node);
  gone_.erase(node);
}

void DownHooks::on_change(const Node& node) {
  if (is_set_up(node.state)) note_greeted(node.entry.number);
  if (node.state == NodeState::down && known_.erase(node.entry.number) != 0) begin(node);
}

void DownHooks::begin(const Node& node) {
  const NodeNumber number = node.entry.number;
  const auto hooks = list_hooks(files_, settings_.down);
  if (!hooks) return log_.error(node.entry.name, ": no hooks are run as it goes: ", hooks.error().text());
  if (hooks->paths.empty()) return;
  gone_.insert(number);
  if (left_.contains(number)) {
    return log_.warning(node.entry.name, ": has gone again before the hooks of its last going were over");
  }
  left_[number] = hooks->paths.size();
  for (const FrontEndTask& task : hook_tasks(hooks->paths, HookEvent::node_down, settings_.limit)) {
    const std::string title = sys::cat(node.entry.name, ": ", task.name);
    programs_.start(
        node, task, [] {}, [this, number, title](const sys::Status& status) { on_ended(number, title, status); });
  }
}

void DownHooks::on_ended(NodeNumber node, const std::string& title, const sys::Status& status) {
  if (!status) log_.warning(title, " failed: ", status.error().text());
  if (--left_[node] == 0) left_.erase(node);
}

}  // namespace frontend
