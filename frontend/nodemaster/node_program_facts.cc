#include "frontend/nodemaster/node_program_facts.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "frontend/common/node_state.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

using Json = nlohmann::ordered_json;

struct Fact {
  const char* variable;
  const char* key;
  Json value;
};

// To the millisecond; null when the node has never said hello.
Json boot_seconds(const Node& node, std::optional<HookEvent> event, sys::Instant now) {
  if (node.boot_us != 0) return std::round(static_cast<double>(node.boot_us) / 1e3) / 1e3;
  if (node.hello.boot_id == 0 || event == HookEvent::node_down) return nullptr;
  return std::round(static_cast<double>(node_uptime_us(node, now)) / 1e3) / 1e3;
}

// What the node itself has said is made fit for a terminal: scripts print it.
std::vector<Fact> all_of(const Node& node, std::optional<HookEvent> event, sys::Instant now) {
  const std::uint32_t address = node.hello.address != 0 ? node.hello.address : node.entry.address;
  std::vector<Fact> facts;
  if (event) facts.push_back({"HOOK", "hook", std::string(name_of(*event))});
  facts.push_back({"NODE", "node", node.entry.number});
  facts.push_back({"NODE_NAME", "name", node.entry.name});
  facts.push_back({"NODE_ADDRESS", "address", sys::format_ip(address)});
  facts.push_back({"NODE_MAC", "mac", sys::format_mac(node.entry.mac)});
  facts.push_back({"NODE_STATE", "state", std::string(state_name(node.state))});
  facts.push_back({"NODE_REASON", "reason", event == HookEvent::node_down ? node.reason : std::string()});
  facts.push_back({"NODE_KERNEL", "kernel", sys::printable(node.hello.kernel_release)});
  facts.push_back({"NODE_ARCHITECTURE", "architecture", sys::printable(node.hello.architecture)});
  facts.push_back({"NODE_BOOT_SECONDS", "boot_seconds", boot_seconds(node, event, now)});
  return facts;
}

std::string text_of(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

NodeProgramFacts facts_of(const Node& node, std::optional<HookEvent> event, sys::Instant now) {
  NodeProgramFacts facts{{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {}};
  Json object;
  for (const Fact& fact : all_of(node, event, now)) {
    facts.environment.push_back(sys::cat(fact.variable, "=", text_of(fact.value)));
    object[fact.key] = fact.value;
  }
  if (event) facts.input = object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return facts;
}

}  // namespace frontend
