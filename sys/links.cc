#include "sys/links.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "sys/rtnetlink.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace sys {
namespace {

constexpr unsigned char loopback_network = 127;

// The link that an RTM_NEWLINK message describes; nothing when it makes no sense.
std::optional<Link> link_of(const nlmsghdr& message) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) return std::nullopt;
  const auto* info = static_cast<const ifinfomsg*>(::mnl_nlmsg_get_payload(&message));
  Link link{.index = info->ifi_index,
            .ethernet = info->ifi_type == ARPHRD_ETHER,
            .loopback = (info->ifi_flags & IFF_LOOPBACK) != 0,
            .up = (info->ifi_flags & IFF_UP) != 0,
            .carrier = (info->ifi_flags & IFF_LOWER_UP) != 0};
  for_each_attribute(message, sizeof *info, [&](const nlattr& attribute) {
    const std::uint16_t type = ::mnl_attr_get_type(&attribute);
    if (type == IFLA_IFNAME && ::mnl_attr_validate(&attribute, MNL_TYPE_NUL_STRING) == 0) {
      link.name = ::mnl_attr_get_str(&attribute);
    } else if (type == IFLA_ADDRESS && ::mnl_attr_get_payload_len(&attribute) == link.mac.size()) {
      std::memcpy(link.mac.data(), ::mnl_attr_get_payload(&attribute), link.mac.size());
    }
  });
  if (link.name.empty()) return std::nullopt;
  return link;
}

// Reads away what waits on a notification socket. It says only that something has changed; so does an overrun
// (ENOBUFS), which is why the content is not looked at.
void drain(mnl_socket* socket) {
  constexpr int most = 256;  // per turn of the loop
  std::array<char, 1> ignored;
  for (int i = 0; i < most; ++i) {
    if (::recv(::mnl_socket_get_fd(socket), ignored.data(), ignored.size(), MSG_TRUNC) >= 0) continue;
    if (errno != EINTR && errno != ENOBUFS) return;
  }
}

class KernelLinks final : public Links {
 public:
  explicit KernelLinks(NetlinkSocket socket) : netlink_(std::move(socket)) {}
  ~KernelLinks() override { stop_watching(); }

  Result<std::vector<Link>> list() override;
  Status set_up(int index) override;
  Status add_address(int index, std::uint32_t ip, unsigned prefix) override;
  Status add_default_route(int index, std::uint32_t gateway) override;
  Status add_neighbour(int index, std::uint32_t ip, const Mac& mac) override;
  Status on_change(Loop& loop, std::function<void()> handler) override;

 private:
  void stop_watching();

  Rtnetlink netlink_;
  NetlinkSocket notifications_;
  Loop* loop_ = nullptr;  // that watches notifications_
  WatchId watch_ = 0;
};

Result<std::vector<Link>> KernelLinks::list() {
  std::vector<Link> links;
  NetlinkRequest request(RTM_GETLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC});
  auto dumped = netlink_.dump(request, "list network links", RTM_NEWLINK, [&](const nlmsghdr& message) {
    if (auto link = link_of(message)) links.push_back(std::move(*link));
  });
  if (!dumped) return tl::unexpected(dumped.error());
  return links;
}

Status KernelLinks::set_up(int index) {
  NetlinkRequest request(
      RTM_NEWLINK, 0,
      ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP});
  return netlink_.change(request, cat("set up link ", index));
}

Status KernelLinks::add_address(int index, std::uint32_t ip, unsigned prefix) {
  const bool loopback = ip >> 24 == loopback_network;
  const unsigned char scope = loopback ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
                         ifaddrmsg{.ifa_family = AF_INET,
                                   .ifa_prefixlen = static_cast<unsigned char>(prefix),
                                   .ifa_scope = scope,
                                   .ifa_index = static_cast<unsigned>(index)});
  request.put_ip(IFA_LOCAL, ip);
  request.put_ip(IFA_ADDRESS, ip);
  // A network of one or two addresses has none for all of them (RFC 3021).
  if (!loopback && prefix < 31) request.put_ip(IFA_BROADCAST, ip | 0xffffffffu >> prefix);
  return netlink_.change(request, cat("add address ", format_ip(ip), "/", prefix, " to link ", index));
}

Status KernelLinks::add_default_route(int index, std::uint32_t gateway) {
  // On-link: who has answered on this link can be reached on it, whatever the netmask makes of its address.
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
                         rtmsg{.rtm_family = AF_INET,
                               .rtm_table = RT_TABLE_MAIN,
                               .rtm_protocol = RTPROT_BOOT,
                               .rtm_scope = RT_SCOPE_UNIVERSE,
                               .rtm_type = RTN_UNICAST,
                               .rtm_flags = RTNH_F_ONLINK});
  request.put_ip(RTA_GATEWAY, gateway);
  request.put_u32(RTA_OIF, static_cast<std::uint32_t>(index));
  return netlink_.change(request, cat("add default route via ", format_ip(gateway), " on link ", index));
}

Status KernelLinks::add_neighbour(int index, std::uint32_t ip, const Mac& mac) {
  NetlinkRequest request(
      RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
      ndmsg{.ndm_family = AF_INET, .ndm_ifindex = index, .ndm_state = NUD_REACHABLE, .ndm_type = RTN_UNICAST});
  request.put_ip(NDA_DST, ip);
  request.put(NDA_LLADDR, mac.data(), mac.size());
  return netlink_.change(request, cat("add neighbour ", format_ip(ip), " at ", format_mac(mac), " on link ", index));
}

Status KernelLinks::on_change(Loop& loop, std::function<void()> handler) {
  stop_watching();
  if (!handler) return {};
  auto socket = open_netlink(RTMGRP_LINK);
  if (!socket) return tl::unexpected(socket.error());
  mnl_socket* source = socket->get();
  auto watch = loop.watch(::mnl_socket_get_fd(source), Ready::read, [source, handler = std::move(handler)](Ready) {
    drain(source);
    handler();
  });
  if (!watch) return tl::unexpected(watch.error());
  notifications_ = std::move(*socket);
  loop_ = &loop;
  watch_ = *watch;
  return {};
}

void KernelLinks::stop_watching() {
  if (loop_ != nullptr) loop_->unwatch(watch_);
  loop_ = nullptr;
  notifications_.reset();
}

}  // namespace

Result<std::unique_ptr<Links>> make_links() {
  auto socket = open_netlink(0);
  if (!socket) return tl::unexpected(socket.error());
  return std::make_unique<KernelLinks>(std::move(*socket));
}

}  // namespace sys
