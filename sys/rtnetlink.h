// One conversation with the kernel over rtnetlink(7): a request, its answers, its outcome.
//
// The kernel answers while the request is being sent, and the socket never blocks: nothing here waits for
// anybody outside. The answers are walked by hand and not by libmnl's callbacks, because an exception must not
// pass through C frames.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sys/result.h"

namespace sys {

struct CloseNetlink {
  void operator()(mnl_socket* socket) const { ::mnl_socket_close(socket); }
};
using NetlinkSocket = std::unique_ptr<mnl_socket, CloseNetlink>;

// Close-on-exec and non-blocking; `groups`: what to be told of (RTMGRP_LINK), 0 for requests.
Result<NetlinkSocket> open_netlink(unsigned groups);

// A request under construction.
class NetlinkRequest {
 public:
  // `header`: the structure that this type of message begins with (ifinfomsg, ifaddrmsg, ...).
  template <class Header> NetlinkRequest(std::uint16_t type, std::uint16_t flags, const Header& header) {
    begin(type, flags);
    *static_cast<Header*>(::mnl_nlmsg_put_extra_header(message_, sizeof header)) = header;
  }
  NetlinkRequest(const NetlinkRequest&) = delete;
  NetlinkRequest& operator=(const NetlinkRequest&) = delete;

  void put_u32(std::uint16_t attribute, std::uint32_t value) { ::mnl_attr_put_u32(message_, attribute, value); }
  void put_ip(std::uint16_t attribute, std::uint32_t ip);  // host byte order
  void put(std::uint16_t attribute, const void* data, std::size_t size) {
    ::mnl_attr_put(message_, attribute, size, data);
  }
  nlmsghdr* message() { return message_; }

 private:
  void begin(std::uint16_t type, std::uint16_t flags);
  alignas(nlmsghdr) std::array<char, 256> buffer_{};  // the largest of our requests has 64 bytes
  nlmsghdr* message_ = nullptr;
};

// The attributes of a message whose fixed part has `fixed` bytes, as far as they are well formed.
template <class Visit> void for_each_attribute(const nlmsghdr& message, std::size_t fixed, Visit visit) {
  const auto* end = static_cast<const char*>(::mnl_nlmsg_get_payload_tail(&message));
  const auto* attribute = static_cast<const nlattr*>(::mnl_nlmsg_get_payload_offset(&message, fixed));
  while (::mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
    visit(*attribute);
    attribute = ::mnl_attr_next(attribute);
  }
}

class Rtnetlink {
 public:
  explicit Rtnetlink(NetlinkSocket socket) : socket_(std::move(socket)) {}

  // Asks for a change; `what` names it in errors.
  Status change(NetlinkRequest& request, const std::string& what);
  // Asks for a listing; `each` sees every message of type `type` in it.
  Status dump(NetlinkRequest& request, const std::string& what, std::uint16_t type,
              const std::function<void(const nlmsghdr&)>& each);

 private:
  Status send(nlmsghdr* message, const std::string& what);
  // Receives until the kernel says that the request is done.
  Status finish(const std::string& what, const std::function<void(const nlmsghdr&)>& each);

  NetlinkSocket socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace sys
