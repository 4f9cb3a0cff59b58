#include "frontend/nodectl/bpstat_text.h"

#include <map>

#include "frontend/common/node_set.h"
#include "frontend/common/node_state.h"
#include "frontend/nodectl/table.h"
#include "sys/accounts.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeStatus;
using Nodes = std::vector<NodeStatus>;

// "---x--x---", as ls(1) has it.
std::string mode_text(std::uint32_t mode) {
  std::string text = "-";
  for (const std::uint32_t bit : {0100u, 0010u, 0001u})
    text += (mode & bit) != 0 ? "--x" : "---";
  return text;
}

TableRow facts_of(const NodeStatus& node) {
  return {std::string(state_name(node.state)), mode_text(node.mode), sys::printable(sys::user_name(node.owner)),
          sys::printable(sys::group_name(node.group))};
}

std::string table_of(const std::vector<std::pair<std::string, TableRow>>& lines) {
  std::vector<TableRow> rows = {{"Node(s)", "Status", "Mode", "User", "Group"}};
  for (const auto& [nodes, facts] : lines) {
    rows.push_back({nodes});
    rows.back().insert(rows.back().end(), facts.begin(), facts.end());
  }
  return format_table(rows);
}

std::string compact(const Nodes& nodes) {
  std::vector<TableRow> order;
  std::map<TableRow, std::vector<transport::NodeNumber>> alike;
  for (const NodeStatus& node : nodes) {
    const TableRow facts = facts_of(node);
    auto& numbers = alike[facts];
    if (numbers.empty()) order.push_back(facts);
    numbers.push_back(node.node);
  }
  std::vector<std::pair<std::string, TableRow>> lines;
  lines.reserve(order.size());
  for (const TableRow& facts : order)
    lines.emplace_back(format_node_set(alike[facts]), facts);
  return table_of(lines);
}

std::string one_by_one(const Nodes& nodes) {
  std::vector<std::pair<std::string, TableRow>> lines;
  lines.reserve(nodes.size());
  for (const NodeStatus& node : nodes)
    lines.emplace_back(sys::cat(node.node), facts_of(node));
  return table_of(lines);
}

template <class Value> std::string each(const Nodes& nodes, Value value) {
  std::string text;
  for (const NodeStatus& node : nodes)
    text += sys::cat(value(node), "\n");
  return text;
}

struct Form {
  const char* name;
  std::string (*text)(const Nodes&);
};
constexpr Form forms[] = {
    {"compact", compact},
    {"long", one_by_one},
    {"total", [](const Nodes& nodes) { return sys::cat(nodes.size(), "\n"); }},
    {"state",
     [](const Nodes& nodes) { return each(nodes, [](const NodeStatus& node) { return state_name(node.state); }); }},
    {"address",
     [](const Nodes& nodes) {
       return each(nodes, [](const NodeStatus& node) { return sys::format_ip(node.address); });
     }},
    {"number", [](const Nodes& nodes) { return each(nodes, [](const NodeStatus& node) { return node.node; }); }},
};

}  // namespace

std::vector<std::string> bpstat_forms() {
  std::vector<std::string> names;
  for (const Form& form : forms)
    names.emplace_back(form.name);
  return names;
}

std::string bpstat_text(const Nodes& nodes, const std::string& form) {
  for (const Form& known : forms) {
    if (form == known.name) return known.text(nodes);
  }
  return compact(nodes);
}

}  // namespace frontend
