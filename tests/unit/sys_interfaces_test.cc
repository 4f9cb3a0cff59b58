// In a network namespace of the test's own.
#include "sys/interfaces.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>

#include "sys/stream.h"
#include "tests/unit/in_namespace.h"

namespace {

constexpr std::uint32_t our_ip = 0x0a0a0007;  // 10.10.0.7

bool shell(const char* command) { return std::system(command) == 0; }

int index_of(sys::Interfaces& interfaces, const std::string& name) {
  const auto list = interfaces.list();
  if (!list) return 0;
  for (const sys::Link& link : *list)
    if (link.name == name) return link.index;
  return 0;
}

std::string set_and_read_back() {
  EXPECT(shell("ip link add eth1 type veth peer name eth2 && ip addr add 10.11.0.1/16 dev eth2"));
  sys::KernelInterfaces interfaces;
  const int eth1 = index_of(interfaces, "eth1");
  EXPECT(interfaces.set_up(eth1));
  EXPECT(interfaces.add_address(eth1, {our_ip, 16}));
  EXPECT(interfaces.set_mtu(eth1, 1400));
  EXPECT(interfaces.set_route(eth1, {0x0a140000, 16, 0x0a0a00fe}));
  EXPECT(interfaces.set_route(eth1, {0, 0, 0x0a0a00fd}));
  EXPECT(interfaces.set_route(eth1, {0, 0, 0x0a0a00fc}));  // in its place
  EXPECT(shell("ip route show | grep -q '10.20.0.0/16 via 10.10.0.254 dev eth1'"));
  EXPECT(shell("ip route show default | grep -q 'via 10.10.0.252 dev eth1'"));
  EXPECT(shell("test $(ip route show default | wc -l) = 1"));
  EXPECT(shell("ip link show eth1 | grep -q 'mtu 1400'"));

  const auto state = interfaces.state(eth1);
  EXPECT(state);
  EXPECT(state->mtu == 1400);
  EXPECT((state->addresses == std::vector<sys::InterfaceAddress>{{our_ip, 16}}));
  EXPECT(state->routes.size() == 2);
  EXPECT((state->routes[0] == sys::InterfaceRoute{0, 0, 0x0a0a00fc}));
  EXPECT((state->routes[1] == sys::InterfaceRoute{0x0a140000, 16, 0x0a0a00fe}));

  EXPECT(interfaces.remove_address(eth1, {our_ip, 16}));
  const auto without = interfaces.state(eth1);
  EXPECT(without && without->addresses.empty() && without->routes.empty());
  return "";
}

std::string refusals() {
  sys::KernelInterfaces interfaces;
  const auto address = interfaces.remove_address(1, {our_ip, 16});
  EXPECT(!address && address.error().code == EADDRNOTAVAIL);
  EXPECT(address.error().what == "remove address 10.10.0.7/16 from link 1");
  const auto route = interfaces.set_route(1, {0, 0, 0x0a0a00fe});
  EXPECT(!route && route.error().what == "route 0.0.0.0/0 via 10.10.0.254 on link 1");
  EXPECT(!interfaces.set_mtu(4711, 1400));
  EXPECT(interfaces.state(1));  // the next request works
  return "";
}

}  // namespace

TEST_CASE("interfaces: what is set is what the kernel shows, and what is read back") {
  fakes::check_in_namespace(CLONE_NEWNET, set_and_read_back);
}

TEST_CASE("interfaces: what the kernel refuses is said with what was tried") {
  fakes::check_in_namespace(CLONE_NEWNET, refusals);
}
