#include "frontend/nodemaster/node_table.h"

#include <algorithm>
#include <utility>

#include "frontend/common/node_state.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::NodeState;

constexpr std::string_view set_unavailable = "set so by an operator";
constexpr std::size_t max_reason = 512;  // bytes: what all nodes have to say fits in one reply

std::uint64_t microseconds(sys::Duration duration) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

// When the node said that it was up, by its own clock; 0 when it has not said so.
std::uint64_t recorded_up(const Node& node) {
  for (const transport::BootEntry& entry : node.record) {
    if (entry.name == state_name(NodeState::up)) return entry.start_us;
  }
  return 0;
}

transport::BootEntry trimmed(transport::BootEntry entry) {
  entry.name = sys::printable(entry.name, max_reason);
  entry.reason = sys::printable(entry.reason, max_reason);
  return entry;
}

sys::Severity severity_of(NodeState state) {
  return state == NodeState::error || state == NodeState::down ? sys::Severity::warning : sys::Severity::notice;
}

}  // namespace

transport::NodeStatus status_of(const Node& node) {
  transport::NodeStatus status;
  status.node = node.entry.number;
  status.name = node.entry.name;
  status.state = node.state;
  status.address = node.hello.address ? node.hello.address : node.entry.address;
  status.mac = node.entry.mac;
  status.since_ns = static_cast<std::uint64_t>(node.since.time_since_epoch().count());
  status.reason = node.reason;
  status.boot_us = node.boot_us;
  status.address_requests = node.hello.address_requests;
  status.version = node.hello.program_version;
  status.kernel_release = node.hello.kernel_release;
  status.architecture = node.hello.architecture;
  status.usage = node.usage;
  status.channel = node.channel;
  status.owner = node.rights.owner;
  status.group = node.rights.group;
  status.mode = node.rights.mode;
  return status;
}

bool is_set_up(NodeState state) { return state == NodeState::up || state == NodeState::unavailable; }

bool record_is_closed(const Node& node) { return recorded_up(node) != 0; }

std::uint64_t node_uptime_us(const Node& node, sys::Instant now) {
  return node.hello.uptime_us + microseconds(now - node.hello_at);
}

std::vector<NodeNumber> NodeTable::configure(const std::vector<NodeEntry>& entries) {
  std::map<NodeNumber, Node> old = std::move(nodes_);
  nodes_.clear();
  for (const NodeEntry& entry : entries) {
    const auto known = old.find(entry.number);
    const bool same = known != old.end() && known->second.entry.mac == entry.mac;
    Node node;
    if (same) {
      node = std::move(known->second);
      old.erase(known);
    } else {
      node.since = clock_.wall();
      node.reason = "not seen since nodemaster started";
    }
    node.entry = entry;
    node.rights = entry.rights;
    nodes_.emplace(entry.number, std::move(node));
  }
  index();
  std::vector<NodeNumber> changed;
  changed.reserve(old.size());
  for (auto& [number, node] : old) {
    changed.push_back(number);
    tell_of_departure(node);
  }
  return changed;
}

// Watchers are told of the one that went, also when another machine has its number now.
void NodeTable::tell_of_departure(Node& node) {
  const NodeState before = std::exchange(node.state, NodeState::down);
  node.reason = find(node.entry.number) ? "its number has another MAC address in the configuration now"
                                        : "no more in the configuration";
  tell(node, before);
}

void NodeTable::index() {
  macs_.clear();
  addresses_.clear();
  names_.clear();
  for (const auto& [number, node] : nodes_) {
    macs_.emplace(node.entry.mac, number);
    addresses_.emplace(node.entry.address, number);
    names_.emplace(node.entry.name, number);
  }
}

Node* NodeTable::get(NodeNumber number) {
  const auto found = nodes_.find(number);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Node* NodeTable::find(NodeNumber number) const {
  const auto found = nodes_.find(number);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Node* NodeTable::by_mac(const sys::Mac& mac) const {
  const auto found = macs_.find(mac);
  return found == macs_.end() ? nullptr : find(found->second);
}

const Node* NodeTable::by_address(std::uint32_t address) const {
  const auto found = addresses_.find(address);
  return found == addresses_.end() ? nullptr : find(found->second);
}

NodeEntry NodeTable::next_free() const {
  NodeEntry next;
  for (const auto& [number, node] : nodes_) {
    next.number = number + 1;
    next.address = std::max(next.address, node.entry.address + 1);
  }
  return next;
}

void NodeTable::set_state(NodeNumber number, NodeState state, std::string_view reason) {
  Node* node = get(number);
  if (!node) return;
  if (state == NodeState::up && !node->available) {
    state = NodeState::unavailable;
    if (reason.empty()) reason = set_unavailable;
  }
  const NodeState before = node->state;
  node->state = state;
  if (state == NodeState::down) node->channel.clear();
  node->reason = sys::printable(reason, max_reason);
  if (before == state) return;
  node->since = clock_.wall();
  log_.write(severity_of(state), sys::cat(node->entry.name, ": ", state_name(before), " -> ", state_name(state),
                                          node->reason.empty() ? "" : ": ", node->reason));
  tell(*node, before);
}

// What a watcher does may end other watchers.
void NodeTable::tell(const Node& node, NodeState before) {
  std::vector<std::uint64_t> ids;
  ids.reserve(watchers_.size());
  for (const auto& [id, watcher] : watchers_)
    ids.push_back(id);
  for (const std::uint64_t id : ids) {
    const auto found = watchers_.find(id);
    if (found == watchers_.end()) continue;
    const Watcher watcher = found->second;  // it may unwatch itself
    watcher(node, before);
  }
}

void NodeTable::set_reason(NodeNumber number, std::string_view reason) {
  if (Node* node = get(number)) node->reason = sys::printable(reason, max_reason);
}

void NodeTable::set_hello(NodeNumber number, const transport::Hello& hello) {
  Node* node = get(number);
  if (!node) return;
  if (node->hello.boot_id != hello.boot_id) {
    node->boot_us = 0;
    node->set_up_in = 0;
    node->record.clear();
    node->here.clear();
    node->usage = {};
  }
  node->hello = hello;
  node->hello_at = clock_.now();
}

void NodeTable::set_rights(NodeNumber number, const NodeRights& rights) {
  if (Node* node = get(number)) node->rights = rights;
}

void NodeTable::set_available(NodeNumber number, bool available) {
  Node* node = get(number);
  if (!node || node->available == available) return;
  node->available = available;
  if (!is_set_up(node->state)) return;
  const std::string remark = node->reason == set_unavailable ? "" : node->reason;
  set_state(number, NodeState::up, remark);
}

void NodeTable::set_channel(NodeNumber number, std::string_view channel) {
  if (Node* node = get(number)) node->channel = channel;
}

void NodeTable::set_usage(NodeNumber number, const transport::SelfUsage& usage) {
  if (Node* node = get(number)) node->usage = usage;
}

void NodeTable::add_record(NodeNumber number, const transport::BootRecord& news) {
  Node* node = get(number);
  if (!node || news.first > max_record || news.entries.size() > max_record - news.first) return;
  node->record.resize(std::max(node->record.size(), news.first + news.entries.size()));
  std::size_t at = news.first;
  for (const transport::BootEntry& entry : news.entries)
    node->record[at++] = trimmed(entry);
  // The node's own clock is the better one; its entry may come after its SetupDone.
  const std::uint64_t up = recorded_up(*node);
  if (up != 0 && is_set_up(node->state)) node->boot_us = up;
}

void NodeTable::add_here(NodeNumber number, transport::BootEntry entry) {
  Node* node = get(number);
  if (!node || node->here.size() == max_record) return;
  if (node->here.size() + 1 == max_record) entry.name = "front end: from here on too much for the record, left out";
  node->here.push_back(std::move(entry));
}

void NodeTable::set_up_begun(NodeNumber number) {
  Node* node = get(number);
  if (!node) return;
  node->set_up_in = 0;
  node->here.clear();
}

void NodeTable::set_up_done(NodeNumber number, std::string_view remark) {
  Node* node = get(number);
  if (!node) return;
  node->set_up_in = node->hello.boot_id;
  const std::uint64_t recorded = recorded_up(*node);
  node->boot_us = recorded != 0 ? recorded : node_uptime_us(*node, clock_.now());
  set_state(number, NodeState::up, remark);
}

std::vector<NodeNumber> NodeTable::numbers() const {
  std::vector<NodeNumber> numbers;
  numbers.reserve(nodes_.size());
  for (const auto& [number, node] : nodes_)
    numbers.push_back(number);
  return numbers;
}

std::optional<NodeState> NodeTable::state_of(NodeNumber number) const {
  const Node* node = find(number);
  return node ? std::optional(node->state) : std::nullopt;
}

std::optional<NodeNumber> NodeTable::named(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t NodeTable::watch(Watcher watcher) {
  watchers_.emplace(next_watcher_, std::move(watcher));
  return next_watcher_++;
}

}  // namespace frontend
