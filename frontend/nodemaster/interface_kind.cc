// The kind `interface`.
#include <algorithm>

#include "frontend/nodemaster/step_kinds.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_name = 15;  // IFNAMSIZ - 1
constexpr std::size_t max_routes = 256;
constexpr std::uint64_t least_mtu = 68, largest_mtu = 65535;  // RFC 791; larger ones are loopback's
constexpr std::uint32_t retries = 30;  // cards appear when their modules have found them: some minutes

struct Network {
  std::uint32_t ip = 0;
  std::uint8_t prefix = 0;
};

std::uint32_t mask_of(unsigned prefix) { return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix); }

bool same_network(std::uint32_t a, std::uint32_t b, unsigned prefix) { return ((a ^ b) & mask_of(prefix)) == 0; }

// "10.10.0.7/16".
std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto ip = sys::parse_ip(text.substr(0, slash));
  const auto prefix = sys::parse_number(text.substr(slash + 1), 0, 32);
  if (!ip || !prefix) return std::nullopt;
  return Network{*ip, static_cast<std::uint8_t>(*prefix)};
}

// Why it cannot be a machine's own address in that network; nothing when it can.
std::string_view fault_of(std::uint32_t ip, unsigned prefix) {
  const std::uint32_t first = ip >> 24;
  if (first == 0 || first == 127 || first >= 224) return "is no address of a machine";
  if (prefix >= 31) return {};  // RFC 3021
  const std::uint32_t host = ip & ~mask_of(prefix);
  if (host == 0) return "is the network's own address";
  if (host == ~mask_of(prefix)) return "is the network's broadcast address";
  return {};
}

void read_link(TableReader& reader, transport::InterfaceStep& action) {
  action.name = reader.text("interface");
  if (const auto mac = reader.mac("mac")) action.mac = *mac;
  if (reader.has("interface") == reader.has("mac"))
    return reader.error("interface", "name the link by either 'interface' or 'mac'");
  const bool good = !action.name.empty() && action.name.size() <= max_name && action.name != "lo" &&
                    action.name.find_first_of("/ :") == std::string::npos && action.name[0] != '.';
  if (reader.has("interface") && !good)
    reader.error("interface", sys::cat("\"", sys::printable(action.name, 64), "\" is no name of a network link"));
}

void read_address(TableReader& reader, std::string_view key, transport::InterfaceStep& action) {
  const std::string text = reader.text(key);
  if (text.empty()) return;
  const auto network = parse_network(text);
  if (!network || network->prefix == 0)
    return reader.error(key, sys::cat("\"", sys::printable(text, 64),
                                      "\" is no address with its network's prefix; "
                                      "write it like \"10.10.0.7/16\""));
  action.address = network->ip;
  action.prefix = network->prefix;
}

// "10.20.0.0/16 via 10.10.0.254", "default via 10.10.0.254".
std::optional<transport::Route> parse_route(std::string_view text) {
  constexpr std::string_view between = " via ";
  const auto via = text.find(between);
  if (via == text.npos) return std::nullopt;
  const std::string_view where = sys::trim(text.substr(0, via));
  const auto network = where == "default" ? Network{} : parse_network(where);
  const auto gateway = sys::parse_ip(sys::trim(text.substr(via + between.size())));
  if (!network || !gateway) return std::nullopt;
  return transport::Route{network->ip, network->prefix, *gateway};
}

// Why it is no route of this interface; empty when it is.
std::string fault_of(const std::string& text, const std::optional<transport::Route>& route,
                     const transport::InterfaceStep& action) {
  const std::string shown = sys::cat("\"", sys::printable(text, 64), "\" ");
  if (!route)
    return shown + "is no route; write it like \"10.20.0.0/16 via 10.10.0.254\" or \"default via 10.10.0.254\"";
  if ((route->destination & ~mask_of(route->prefix)) != 0)
    return shown + "leads to an address and not to a network: it has bits behind its prefix";
  if (action.address != 0 && !same_network(route->gateway, action.address, action.prefix))
    return shown + "has a gateway outside of the interface's own network, where nobody can reach it";
  return {};
}

void read_routes(TableReader& reader, transport::InterfaceStep& action) {
  for (const std::string& text : reader.texts("routes")) {
    const auto route = parse_route(text);
    const std::string fault = fault_of(text, route, action);
    if (!fault.empty()) return reader.error("routes", fault);
    action.routes.push_back(*route);
  }
  if (action.routes.size() > max_routes) reader.error("routes", sys::cat("are more than ", max_routes));
}

bool has_step(const PlanStep& step, const NodeEntry& node) {
  return !step.nodes || std::binary_search(step.nodes->begin(), step.nodes->end(), node.number);
}

bool same_link(const transport::InterfaceStep& a, const transport::InterfaceStep& b) {
  return a.name.empty() ? b.name.empty() && a.mac == b.mac : a.name == b.name;
}

// Sets of nodes ascend; none is all.
bool share_a_node(const PlanStep& a, const PlanStep& b) {
  if (!a.nodes) return !b.nodes || !b.nodes->empty();
  if (!b.nodes) return !a.nodes->empty();
  return std::any_of(a.nodes->begin(), a.nodes->end(), [&](transport::NodeNumber node) {
    return std::binary_search(b.nodes->begin(), b.nodes->end(), node);
  });
}

}  // namespace

void check_other_interfaces(TableReader& reader, const PlanStep& step, const std::vector<PlanStep>& before) {
  const auto* interface = std::get_if<transport::InterfaceStep>(&step.step.action);
  if (!interface) return;
  for (const PlanStep& other : before) {
    const auto* same = std::get_if<transport::InterfaceStep>(&other.step.action);
    if (!same || !same_link(*interface, *same) || !share_a_node(step, other)) continue;
    return reader.error(interface->name.empty() ? "mac" : "interface",
                        sys::cat("the step in line ", other.line,
                                 " sets up this link already: a link has one step on each node; use 'nodes'"));
  }
}

void read_interface(const StepContext& in) {
  transport::InterfaceStep action;
  read_link(in.reader, action);
  read_address(in.reader, "address", action);
  in.step.counts_up = in.reader.has("first_address");
  if (in.step.counts_up && in.reader.has("address")) in.reader.error("first_address", "stands beside 'address'");
  read_address(in.reader, "first_address", action);
  action.mtu = static_cast<std::uint32_t>(in.reader.number("mtu", least_mtu, largest_mtu, 0));
  read_routes(in.reader, action);
  in.step.step.name = sys::cat("interface ", action.name.empty() ? sys::format_mac(action.mac) : action.name);
  in.step.step.retries = retries;
  in.step.step.action = std::move(action);
}

void check_interface(TableReader& reader, const PlanStep& step, const std::vector<NodeEntry>& nodes) {
  const auto* interface = std::get_if<transport::InterfaceStep>(&step.step.action);
  if (!interface || interface->address == 0) return;
  const std::string_view key = step.counts_up ? "first_address" : "address";
  unsigned count = 0;
  for (const NodeEntry& node : nodes) {
    if (!has_step(step, node)) continue;
    if (++count > 1 && !step.counts_up)
      return reader.error(key, "is one node's, and the step is for several: use 'first_address', or 'nodes'");
    const std::uint64_t wide = std::uint64_t{interface->address} + (step.counts_up ? node.number : 0);
    const auto ip = static_cast<std::uint32_t>(wide);
    std::string_view fault = fault_of(ip, interface->prefix);
    if (wide != ip || !same_network(ip, interface->address, interface->prefix)) fault = "is outside of the network";
    if (!fault.empty())
      return reader.error(key, sys::cat(sys::format_ip(ip), "/", interface->prefix, ", for ", node.name, ", ", fault));
  }
}

}  // namespace frontend
