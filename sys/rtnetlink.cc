#include "sys/rtnetlink.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "sys/text.h"

namespace sys {
namespace {

constexpr std::size_t answer_size = 32u << 10;  // the kernel makes no larger pieces of a listing

// The outcome that `message` tells: an errno value, 0 for success; nothing while more messages follow.
std::optional<int> outcome_of(const nlmsghdr& message) {
  if (message.nlmsg_type == NLMSG_DONE) return 0;
  if (message.nlmsg_type != NLMSG_ERROR) return std::nullopt;
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(int))) return EBADMSG;
  int code = 0;
  std::memcpy(&code, ::mnl_nlmsg_get_payload(&message), sizeof code);
  return -code;
}

}  // namespace

Result<NetlinkSocket> open_netlink(unsigned groups) {
  NetlinkSocket socket(::mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || ::mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) < 0) {
    int code = errno;
    return failure(code, "open a routing socket (rtnetlink)");
  }
  return socket;
}

void NetlinkRequest::begin(std::uint16_t type, std::uint16_t flags) {
  message_ = ::mnl_nlmsg_put_header(buffer_.data());
  message_->nlmsg_type = type;
  message_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

void NetlinkRequest::put_ip(std::uint16_t attribute, std::uint32_t ip) { put_u32(attribute, htonl(ip)); }

Status Rtnetlink::send(nlmsghdr* message, const std::string& what) {
  message->nlmsg_seq = ++sequence_;
  if (::mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0) {
    int code = errno;
    return failure(code, what);
  }
  return {};
}

Status Rtnetlink::finish(const std::string& what, const std::function<void(const nlmsghdr&)>& each) {
  std::vector<char> buffer(answer_size);
  for (;;) {
    ssize_t received = ::mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) {
      int code = errno;
      return failure(code, cat(what, ": receive the kernel's answer"));
    }
    int left = static_cast<int>(received);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); ::mnl_nlmsg_ok(message, left);
         message = ::mnl_nlmsg_next(message, &left)) {
      // What is left of an earlier request that failed half-way is nobody's any more.
      if (message->nlmsg_seq != sequence_) continue;
      if (auto code = outcome_of(*message)) return *code == 0 ? Status() : failure(*code, what);
      each(*message);
    }
  }
}

Status Rtnetlink::change(NetlinkRequest& request, const std::string& what) {
  request.message()->nlmsg_flags |= NLM_F_ACK;
  return send(request.message(), what).and_then([&] { return finish(what, [](const nlmsghdr&) {}); });
}

Status Rtnetlink::dump(NetlinkRequest& request, const std::string& what, std::uint16_t type,
                       const std::function<void(const nlmsghdr&)>& each) {
  request.message()->nlmsg_flags |= NLM_F_DUMP;
  return send(request.message(), what).and_then([&] {
    return finish(what, [&](const nlmsghdr& message) {
      if (message.nlmsg_type == type) each(message);
    });
  });
}

}  // namespace sys
