#include "sys/interfaces.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "sys/rtnetlink.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace sys {
namespace {

// An attribute of four bytes as they stand in the message; nothing when it has another size.
std::optional<std::uint32_t> word_of(const nlattr& attribute) {
  std::uint32_t word = 0;
  if (::mnl_attr_get_payload_len(&attribute) != sizeof word) return std::nullopt;
  std::memcpy(&word, ::mnl_attr_get_payload(&attribute), sizeof word);
  return word;
}

// The fixed part of a message; null when it is not there.
template <class Header> const Header* header_of(const nlmsghdr& message) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(Header))) return nullptr;
  return static_cast<const Header*>(::mnl_nlmsg_get_payload(&message));
}

void take_mtu(const nlmsghdr& message, int index, InterfaceState& state) {
  const auto* header = header_of<ifinfomsg>(message);
  if (!header || header->ifi_index != index) return;
  for_each_attribute(message, sizeof *header, [&](const nlattr& attribute) {
    if (::mnl_attr_get_type(&attribute) == IFLA_MTU) state.mtu = word_of(attribute).value_or(0);
  });
}

void take_address(const nlmsghdr& message, int index, InterfaceState& state) {
  const auto* header = header_of<ifaddrmsg>(message);
  if (!header || header->ifa_family != AF_INET || header->ifa_index != static_cast<unsigned>(index)) return;
  for_each_attribute(message, sizeof *header, [&](const nlattr& attribute) {
    const auto ip = word_of(attribute);
    if (::mnl_attr_get_type(&attribute) == IFA_LOCAL && ip)
      state.addresses.push_back({ntohl(*ip), header->ifa_prefixlen});
  });
}

void take_route(const nlmsghdr& message, int index, InterfaceState& state) {
  const auto* header = header_of<rtmsg>(message);
  if (!header || header->rtm_family != AF_INET || header->rtm_type != RTN_UNICAST) return;
  if (header->rtm_table != RT_TABLE_MAIN) return;
  InterfaceRoute route{.prefix = header->rtm_dst_len};
  std::uint32_t link = 0;
  for_each_attribute(message, sizeof *header, [&](const nlattr& attribute) {
    const std::uint32_t word = word_of(attribute).value_or(0);
    const std::uint16_t type = ::mnl_attr_get_type(&attribute);
    if (type == RTA_DST) route.destination = ntohl(word);
    if (type == RTA_GATEWAY) route.gateway = ntohl(word);
    if (type == RTA_OIF) link = word;
  });
  if (link == static_cast<std::uint32_t>(index) && route.gateway != 0) state.routes.push_back(route);
}

// Asks for one change on a socket that is opened for it.
Status change(NetlinkRequest& request, const std::string& what) {
  auto socket = open_netlink(0);
  if (!socket) return within(what, socket.error());
  return Rtnetlink(std::move(*socket)).change(request, what);
}

}  // namespace

Result<std::vector<Link>> KernelInterfaces::list() {
  return make_links().and_then([](const std::unique_ptr<Links>& links) { return links->list(); });
}

Status KernelInterfaces::set_up(int index) {
  return make_links().and_then([&](const std::unique_ptr<Links>& links) { return links->set_up(index); });
}

Status KernelInterfaces::add_address(int index, const InterfaceAddress& address) {
  return make_links().and_then(
      [&](const std::unique_ptr<Links>& links) { return links->add_address(index, address.ip, address.prefix); });
}

Result<InterfaceState> KernelInterfaces::state(int index) {
  auto socket = open_netlink(0);
  if (!socket) return tl::unexpected(socket.error());
  Rtnetlink netlink(std::move(*socket));
  InterfaceState state;
  NetlinkRequest links(RTM_GETLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC});
  NetlinkRequest addresses(RTM_GETADDR, 0, ifaddrmsg{.ifa_family = AF_INET});
  NetlinkRequest routes(RTM_GETROUTE, 0, rtmsg{.rtm_family = AF_INET});
  auto status = netlink.dump(links, "list network links", RTM_NEWLINK,
                             [&](const nlmsghdr& message) { take_mtu(message, index, state); });
  if (status)
    status = netlink.dump(addresses, "list addresses", RTM_NEWADDR,
                          [&](const nlmsghdr& message) { take_address(message, index, state); });
  if (status)
    status = netlink.dump(routes, "list routes", RTM_NEWROUTE,
                          [&](const nlmsghdr& message) { take_route(message, index, state); });
  if (!status) return tl::unexpected(status.error());
  return state;
}

Status KernelInterfaces::set_mtu(int index, std::uint32_t mtu) {
  NetlinkRequest request(RTM_NEWLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index});
  request.put_u32(IFLA_MTU, mtu);
  return change(request, cat("set the MTU of link ", index, " to ", mtu));
}

Status KernelInterfaces::remove_address(int index, const InterfaceAddress& address) {
  NetlinkRequest request(RTM_DELADDR, 0,
                         ifaddrmsg{.ifa_family = AF_INET,
                                   .ifa_prefixlen = static_cast<unsigned char>(address.prefix),
                                   .ifa_index = static_cast<unsigned>(index)});
  request.put_ip(IFA_LOCAL, address.ip);
  return change(request, cat("remove address ", format_ip(address.ip), "/", address.prefix, " from link ", index));
}

Status KernelInterfaces::set_route(int index, const InterfaceRoute& route) {
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
                         rtmsg{.rtm_family = AF_INET,
                               .rtm_dst_len = static_cast<unsigned char>(route.prefix),
                               .rtm_table = RT_TABLE_MAIN,
                               .rtm_protocol = RTPROT_BOOT,
                               .rtm_scope = RT_SCOPE_UNIVERSE,
                               .rtm_type = RTN_UNICAST});
  if (route.prefix != 0) request.put_ip(RTA_DST, route.destination);
  request.put_ip(RTA_GATEWAY, route.gateway);
  request.put_u32(RTA_OIF, static_cast<std::uint32_t>(index));
  return change(request, cat("route ", format_ip(route.destination), "/", route.prefix, " via ",
                             format_ip(route.gateway), " on link ", index));
}

}  // namespace sys
