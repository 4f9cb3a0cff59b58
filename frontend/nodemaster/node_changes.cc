#include "frontend/nodemaster/node_changes.h"

#include <span>

#include "frontend/common/octal_mode.h"
#include "frontend/nodemaster/table_reader.h"
#include "sys/accounts.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::NodeRight;

constexpr std::uint64_t last_id = 0xfffffffe;  // of a user or group

std::string format_entry(NodeRange range, const NodeChange& change) {
  std::string text = sys::cat("\n[[nodes]]\nrange = \"", range.first, "-", range.last, "\"\n");
  if (change.owner) text += sys::cat("owner = ", *change.owner, "\n");
  if (change.group) text += sys::cat("group = ", *change.group, "\n");
  if (change.mode) text += sys::cat("mode = \"", format_mode(*change.mode), "\"\n");
  if (!change.available) text += "available = false\n";
  return text;
}

std::optional<std::uint32_t> read_id(TableReader& reader, std::string_view key) {
  if (!reader.has(key)) return std::nullopt;
  return static_cast<std::uint32_t>(reader.number(key, 0, last_id, 0));
}

void read_entry(TableReader reader, NodeChangeMap& changes) {
  reader.require("range");
  const auto range = parse_node_range(reader.text("range"));
  if (!range) return reader.error("range", "is no range of nodes");
  NodeChange change{.owner = read_id(reader, "owner"), .group = read_id(reader, "group")};
  if (reader.has("mode")) change.mode = reader.mode("mode", 0) & execute_bits;
  change.available = reader.flag("available", true);
  reader.finish();
  for (NodeNumber node = range->first; node <= range->last; ++node)
    changes[node] = change;
}

}  // namespace

std::string format_changes(const NodeChangeMap& changes) {
  std::string text = "# Written by nodemaster: what nodectl chown, chgrp, chmod and set have changed.\n";
  for (auto first = changes.begin(); first != changes.end();) {
    NodeRange range{first->first, first->first};
    auto next = std::next(first);
    for (; next != changes.end() && next->first == range.last + 1 && next->second == first->second; ++next)
      range.last = next->first;
    text += format_entry(range, first->second);
    first = next;
  }
  return text;
}

NodeChangeMap parse_changes(std::string_view text, const std::string& path, Problems& problems) {
  NodeChangeMap changes;
  const auto top = parse_toml(text, path, problems);
  if (!top) return changes;
  TableReader reader(*top, 1, path, "the file", problems);
  if (const TomlArray* tables = reader.tables("nodes")) {
    for (const TomlValue& value : *tables)
      read_entry({std::get<TomlTable>(value.data), value.line, path, "[[nodes]]", problems}, changes);
  }
  reader.finish();
  return changes;
}

NodeChanges::NodeChanges(sys::Log& log, sys::Files& files, NodeTable& table, const std::string& directory)
    : log_(log), files_(files), table_(table), directory_(directory), path_(directory + "/nodes.toml") {}

void NodeChanges::load() {
  Problems problems;
  if (const auto facts = files_.facts(path_); facts && !*facts) return;
  const auto text = files_.read(path_, max_toml_file);
  if (text) {
    changes_ = parse_changes(*text, path_, problems);
  } else {
    problems.error(path_, 0, text.error().text());
  }
  if (!problems.errors()) return;
  changes_.clear();
  for (const Problem& problem : problems.sorted())
    log_.error(problem.text());
  log_.error("rights of nodes and who is unavailable are as in the configuration; the file is put aside as ", path_,
             ".broken");
  if (const auto status = files_.rename(path_, path_ + ".broken"); !status) log_.error(status.error().text());
}

void NodeChanges::apply() {
  for (const NodeNumber number : table_.numbers())
    apply(*table_.find(number));
}

void NodeChanges::apply(const Node& node) {
  const NodeNumber number = node.entry.number;
  NodeRights rights = node.entry.rights;
  bool available = true;
  if (const auto found = changes_.find(number); found != changes_.end()) {
    const NodeChange& change = found->second;
    if (change.owner) rights.owner = *change.owner;
    if (change.group) rights.group = *change.group;
    if (change.mode) rights.mode = *change.mode;
    available = change.available;
  }
  table_.set_rights(number, rights);
  table_.set_available(number, available);
}

void NodeChanges::set_right(NodeNumber node, NodeRight right, std::uint32_t value) {
  NodeChange& change = changes_[node];
  if (right == NodeRight::owner) change.owner = value;
  if (right == NodeRight::group) change.group = value;
  if (right == NodeRight::mode) change.mode = value & execute_bits;
  if (const Node* known = table_.find(node)) apply(*known);
}

void NodeChanges::set_available(NodeNumber node, bool available) {
  NodeChange& change = changes_[node];
  change.available = available;
  if (change == NodeChange()) changes_.erase(node);
  if (const Node* known = table_.find(node)) apply(*known);
}

sys::Status NodeChanges::save() {
  if (auto status = files_.make_directories(directory_); !status) return status;
  const std::string text = format_changes(changes_);
  return files_.replace(path_, std::as_bytes(std::span(text)), {.uid = sys::own_user(), .gid = sys::own_group()});
}

}  // namespace frontend
