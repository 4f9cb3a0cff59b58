#include "sys/packet.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sys/fd.h"
#include "sys/text.h"

namespace sys {
namespace {

// A thousand nodes may ask in one moment. A limit, not an allocation.
constexpr int receive_buffer = 4 << 20;  // bytes

tl::unexpected<Error> packet_failure(std::string_view operation, int interface_index) {
  int code = errno;
  if (code == EAGAIN) return failure(code, "");
  return failure(code, cat(operation, " link ", interface_index));
}

sockaddr_ll link_address(int interface_index, std::uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = interface_index;
  return address;
}

class KernelPacketSocket final : public PacketSocket {
 public:
  KernelPacketSocket(Fd fd, int interface_index, std::uint16_t protocol)
      : fd_(std::move(fd)), index_(interface_index), protocol_(protocol) {}

  Result<Received> receive(std::span<std::byte> into) override {
    for (;;) {
      sockaddr_ll from{};
      socklen_t from_size = sizeof from;
      ssize_t size = ::recvfrom(fd_.get(), into.data(), into.size(), 0, reinterpret_cast<sockaddr*>(&from), &from_size);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return packet_failure("receive a packet on", index_);
      if (from.sll_pkttype == PACKET_OUTGOING) continue;  // our own
      Received received{.size = static_cast<std::size_t>(size)};
      std::copy_n(from.sll_addr, std::min<std::size_t>(from.sll_halen, received.from.size()), received.from.begin());
      return received;
    }
  }

  Status send(const Mac& to, std::span<const std::byte> payload) override {
    sockaddr_ll address = link_address(index_, protocol_);
    address.sll_halen = static_cast<unsigned char>(to.size());
    std::copy(to.begin(), to.end(), address.sll_addr);
    if (::sendto(fd_.get(), payload.data(), payload.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) < 0) {
      return packet_failure("send a packet on", index_);
    }
    return {};
  }

  int fd() const override { return fd_.get(); }

 private:
  Fd fd_;
  int index_;
  std::uint16_t protocol_;
};

}  // namespace

Result<std::unique_ptr<PacketSocket>> KernelPackets::open(int interface_index, std::uint16_t protocol) {
  // Without a protocol at first: until it is bound it would receive from every link.
  Fd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return packet_failure("open a packet socket for", interface_index);
  // Needs CAP_NET_ADMIN, which whoever opens packet sockets usually has; the default buffer does without.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
  const sockaddr_ll address = link_address(interface_index, protocol);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return packet_failure("bind a packet socket to", interface_index);
  }
  return std::make_unique<KernelPacketSocket>(std::move(fd), interface_index, protocol);
}

}  // namespace sys
