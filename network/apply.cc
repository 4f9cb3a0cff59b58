#include "network/apply.h"

#include <algorithm>

#include "network/prefix.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace network {
namespace {

constexpr std::uint32_t loopback_address = 0x7f000001;
constexpr unsigned loopback_prefix = 8;

// The default route is needed when the front end is elsewhere; else the node can join without.
sys::Status add_route(const Found& wanted, sys::Links& links, sys::Log& log) {
  if (wanted.gateway == 0 || wanted.gateway == wanted.address) return {};
  auto added = links.add_default_route(wanted.link.index, wanted.gateway);
  if (added || !same_network(wanted.address, wanted.front_end, wanted.prefix)) return added;
  log.warning("network: ", added.error().text(), "; ignoring it, the front end is on the same network");
  return {};
}

// Spares a thousand nodes a broadcast each; without it ARP does the same.
void add_neighbour(const Found& wanted, const Answer& answer, sys::Links& links, sys::Log& log) {
  if (answer.server == 0 || !same_network(wanted.address, answer.server, wanted.prefix)) return;
  auto added = links.add_neighbour(wanted.link.index, answer.server, answer.server_mac);
  if (!added) log.warning("network: ", added.error().text(), "; ignoring it");
}

}  // namespace

Found completed(const Answer& answer, const DiscoveryOptions& options) {
  Found found{.link = answer.link, .address = answer.address, .prefix = options.prefix};
  found.gateway = options.gateway;
  found.front_end = options.front_end;
  if (found.prefix == 0) found.prefix = answer.prefix;
  if (found.prefix == 0) found.prefix = class_prefix(answer.address);
  if (found.front_end == 0) found.front_end = answer.server;
  if (found.gateway == 0) found.gateway = answer.gateway;
  if (found.gateway == 0) found.gateway = found.front_end;
  return found;
}

sys::Status apply(const Found& wanted, const Answer& answer, sys::Links& links, sys::Log& log) {
  if (wanted.prefix > 32 || !is_unicast(wanted.address) || !is_host(wanted.address, wanted.prefix)) {
    return sys::refusal(
        sys::cat(sys::format_ip(wanted.address), "/", wanted.prefix, " is not an address that a machine can have"));
  }
  return links.add_address(wanted.link.index, wanted.address, wanted.prefix)
      .and_then([&] { return add_route(wanted, links, log); })
      .map([&] { add_neighbour(wanted, answer, links, log); });
}

sys::Status raise_loopback(const std::vector<sys::Link>& list, sys::Links& links) {
  auto loopback = std::find_if(list.begin(), list.end(), [](const sys::Link& link) { return link.loopback; });
  if (loopback == list.end()) return sys::refusal("there is no loopback link");
  return links.set_up(loopback->index).and_then([&] {
    return links.add_address(loopback->index, loopback_address, loopback_prefix);
  });
}

}  // namespace network
