#include "frontend/nodectl/status_text.h"

#include <map>

#include "frontend/common/node_set.h"
#include "frontend/common/node_state.h"
#include "frontend/common/octal_mode.h"
#include "frontend/nodectl/json_text.h"
#include "frontend/nodectl/table.h"
#include "frontend/nodectl/time_text.h"
#include "sys/accounts.h"
#include "sys/links.h"
#include "sys/stream.h"
#include "sys/text.h"
#include "transport/trust.h"

namespace frontend {
namespace {

using transport::NodeStatus;

std::string address_text(const NodeStatus& node) { return node.address == 0 ? "" : sys::format_ip(node.address); }

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

Json number_or_null(std::uint64_t us) { return us == 0 ? Json() : Json(static_cast<double>(us) / 1e6); }

Json usage_json(const transport::SelfUsage& usage) {
  return {{"private_bytes", usage.private_bytes},
          {"resident_bytes", usage.resident_bytes},
          {"cpu_seconds", static_cast<double>(usage.cpu_us) / 1e6},
          {"wakeups", usage.wakeups},
          {"fetched_bytes", usage.fetched_bytes},
          {"file_bytes", usage.file_bytes},
          {"orphans", usage.orphans},
          {"children", usage.children}};
}

Json node_json(const NodeStatus& node) {
  return {{"node", node.node},
          {"name", node.name},
          {"state", state_name(node.state)},
          {"address", address_text(node)},
          {"mac", sys::format_mac(node.mac)},
          {"since", iso_time(node.since_ns)},
          {"reason", node.reason},
          {"boot_seconds", number_or_null(node.boot_us)},
          {"address_requests", node.address_requests},
          {"kernel", node.kernel_release},
          {"architecture", node.architecture},
          {"version", node.version},
          {"usage", usage_json(node.usage)},
          {"channel", node.channel},
          {"owner", node.owner},
          {"group", node.group},
          {"mode", format_mode(node.mode)}};
}

// Of users or groups, each looked up once.
class Names {
 public:
  explicit Names(std::string (*find)(std::uint32_t)) : find_(find) {}
  std::string operator()(std::uint32_t id) {
    const auto [known, fresh] = names_.try_emplace(id);
    if (fresh) known->second = sys::printable(find_(id));
    return known->second;
  }

 private:
  std::string (*find_)(std::uint32_t);
  std::map<std::uint32_t, std::string> names_;
};

struct Decision {
  transport::Protection protection;
  const char* note;
};
constexpr Decision decisions[] = {
    {transport::Protection::clear,
     "insecure = true: connections are in the clear, and whoever answers a node commands it"},
    {transport::Protection::nk, "no cluster key: any machine on the nodes' network may join as a node"},
};

}  // namespace

std::vector<std::string> protection_notes(const transport::StatusReply& status) {
  std::vector<std::string> notes;
  for (const Decision& decision : decisions) {
    if (status.channel == transport::describe(decision.protection)) notes.emplace_back(decision.note);
  }
  std::map<std::string, std::vector<transport::NodeNumber>> others;
  for (const NodeStatus& node : status.nodes) {
    if (!node.channel.empty() && node.channel != status.channel) others[node.channel].push_back(node.node);
  }
  for (const auto& [channel, nodes] : others) {
    notes.push_back(sys::cat(nodes.size() == 1 ? "node " : "nodes ", format_node_set(nodes),
                             " still connected as was configured before: ", sys::printable(channel)));
  }
  return notes;
}

std::string status_table(const std::vector<NodeStatus>& nodes, std::uint64_t now_ns) {
  std::vector<TableRow> rows = {
      {"NODE", "STATE", "ADDRESS", "SINCE", "BOOT", "REQUESTS", "OWNER", "GROUP", "MODE", "REASON"}};
  Names owners(sys::user_name);
  Names groups(sys::group_name);
  for (const NodeStatus& node : nodes) {
    rows.push_back({sys::printable(node.name), std::string(state_name(node.state)), or_dash(address_text(node)),
                    node.since_ns == 0 ? "-" : age(node.since_ns, now_ns),
                    node.boot_us == 0 ? "-" : duration(node.boot_us), sys::cat(node.address_requests),
                    owners(node.owner), groups(node.group), format_mode(node.mode), sys::printable(node.reason)});
  }
  return format_table(rows);
}

std::string status_json(const std::vector<NodeStatus>& nodes) {
  Json array = Json::array();
  for (const NodeStatus& node : nodes)
    array.push_back(node_json(node));
  return json_listing(array);
}

}  // namespace frontend
