// On the two ends of a veth in a network namespace of the test's own.
#include "sys/packet.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "sys/fd.h"
#include "tests/unit/in_namespace.h"

namespace {

constexpr std::uint16_t other_protocol = 0x88b5;  // for experiments (IEEE 802)

bool await(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 60'000) == 1;
}

// The kernel lets packets through some time after a link has been set up: what is sent earlier is lost.
bool await_running(const char* name) {
  const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  for (int left = 60'000; left > 0; --left) {
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0) return true;
    ::usleep(1000);
  }
  return false;
}

bool await_veth() { return await_running("near") && await_running("far"); }

bool make_veth() {
  return std::system("ip link add near address 52:54:00:09:00:01 type veth peer name far") == 0 &&
         std::system("ip link set lo up && ip link set near up && ip link set far up") == 0 && await_veth();
}

int index_of(const char* name) { return static_cast<int>(::if_nametoindex(name)); }

}  // namespace

TEST_CASE("packets: what one end sends the other receives, and the sender not") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    EXPECT(make_veth());
    sys::KernelPackets packets;
    auto near = packets.open(index_of("near"), sys::protocol_rarp);
    auto far = packets.open(index_of("far"), sys::protocol_rarp);
    EXPECT(near && far);
    EXPECT((::fcntl((*near)->fd(), F_GETFD) & FD_CLOEXEC) != 0);
    const std::byte payload[28] = {std::byte{7}};
    EXPECT((*near)->send(sys::broadcast_mac, payload));
    EXPECT(await((*far)->fd()));
    std::byte buffer[128];
    auto received = (*far)->receive(buffer);
    EXPECT(received);
    EXPECT(received->size >= sizeof payload && buffer[0] == std::byte{7});
    EXPECT((received->from == sys::Mac{0x52, 0x54, 0, 9, 0, 1}));
    EXPECT((*far)->receive(buffer).error().code == EAGAIN);
    EXPECT((*near)->receive(buffer).error().code == EAGAIN);
    return "";
  });
}

TEST_CASE("packets: a long packet is cut, another protocol's and another link's are not seen") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    EXPECT(make_veth());
    sys::KernelPackets packets;
    auto near = packets.open(index_of("near"), sys::protocol_rarp);
    auto foreign = packets.open(index_of("near"), other_protocol);
    auto far = packets.open(index_of("far"), sys::protocol_rarp);
    auto lo = packets.open(index_of("lo"), sys::protocol_rarp);
    EXPECT(near && foreign && far && lo);
    const std::byte payload[1000] = {};
    EXPECT((*foreign)->send(sys::broadcast_mac, payload));
    EXPECT((*near)->send(sys::broadcast_mac, payload));
    EXPECT(await((*far)->fd()));
    std::byte small[10];
    auto received = (*far)->receive(small);
    EXPECT(received);
    EXPECT(received->size == sizeof small);
    EXPECT((*far)->receive(small).error().code == EAGAIN);
    EXPECT((*lo)->receive(small).error().code == EAGAIN);
    return "";
  });
}

TEST_CASE("packets: a link that goes down is an error once, and the socket lives on") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    EXPECT(make_veth());
    sys::KernelPackets packets;
    auto near = packets.open(index_of("near"), sys::protocol_rarp);
    auto far = packets.open(index_of("far"), sys::protocol_rarp);
    EXPECT(near && far);
    EXPECT(std::system("ip link set far down") == 0);
    std::byte buffer[128];
    EXPECT((*far)->receive(buffer).error().code == ENETDOWN);
    EXPECT((*far)->receive(buffer).error().code == EAGAIN);
    EXPECT(std::system("ip link set far up") == 0);
    EXPECT(await_veth());
    EXPECT((*near)->send(sys::broadcast_mac, buffer));
    EXPECT(await((*far)->fd()));
    return "";
  });
}

TEST_CASE("packets: a link that does not exist is an error that names it") {
  sys::KernelPackets packets;
  const auto socket = packets.open(0x7fffffff, sys::protocol_rarp);
  REQUIRE_FALSE(socket);
  CHECK(socket.error().code == ENODEV);
  CHECK(socket.error().what.find("link 2147483647") != std::string::npos);
}
