// Discovery on the kernel's own links and packets: a veth in a network namespace, a RARP server at its far end.
#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>

#include "network/discovery.h"
#include "network/rarp.h"
#include "sys/epoll_loop.h"
#include "sys/machine.h"
#include "sys/stream.h"
#include "tests/unit/in_namespace.h"

namespace {

constexpr std::uint32_t server_ip = 0x0a090001;
constexpr std::uint32_t node_ip = 0x0a090103;

std::optional<sys::Link> find(sys::Links& links, const std::string& name) {
  const auto list = links.list();
  if (!list) return std::nullopt;
  for (const sys::Link& link : *list)
    if (link.name == name) return link;
  return std::nullopt;
}

void answer(sys::PacketSocket& socket, const sys::Link& server) {
  std::array<std::byte, 128> buffer;
  const auto received = socket.receive(buffer);
  if (!received) return;
  const auto request = network::decode_rarp(std::span(buffer).first(received->size));
  if (!request || request->operation != network::RarpOperation::request) return;
  const network::RarpPacket reply{.operation = network::RarpOperation::reply,
                                  .sender_mac = server.mac,
                                  .sender_ip = server_ip,
                                  .target_mac = request->target_mac,
                                  .target_ip = node_ip};
  (void)socket.send(request->target_mac, network::encode(reply));
}

std::string discover() {
  EXPECT(std::system("ip link add eth0 type veth peer name far && ip link set far up") == 0);
  sys::KernelClock clock;
  auto loop = sys::make_epoll_loop(clock, [](std::string_view) {});
  auto links = sys::make_links();
  EXPECT(loop && links);
  const auto server = find(**links, "far");
  EXPECT(server);
  sys::KernelPackets packets;
  auto socket = packets.open(server->index, sys::protocol_rarp);
  EXPECT(socket);
  EXPECT((*loop)->watch((*socket)->fd(), sys::Ready::read, [&](sys::Ready) { answer(**socket, *server); }));

  sys::Log log(clock);
  sys::KernelMachine machine;
  network::Discovery discovery(**loop, **links, packets, log, [&] { return machine.random(); },
                               {.interfaces = {"eth0"}, .prefix = 16});
  std::optional<network::Found> found;
  discovery.start([&](const network::Found& result) {
    found = result;
    (*loop)->stop();
  });
  sys::Timer limit(**loop);
  limit.set(std::chrono::seconds(60), [&] { (*loop)->stop(); });
  (*loop)->run();

  EXPECT(found);
  EXPECT(found->address == node_ip && found->front_end == server_ip);
  EXPECT(find(**links, "lo")->up);
  EXPECT(std::system("ip -4 addr show dev eth0 | grep -q 'inet 10.9.1.3/16 brd 10.9.255.255'") == 0);
  EXPECT(std::system("ip -4 addr show dev lo | grep -q 'inet 127.0.0.1/8 scope host'") == 0);
  EXPECT(std::system("ip route show default | grep -q 'via 10.9.0.1 dev eth0'") == 0);
  EXPECT(std::system("ip neigh show 10.9.0.1 | grep -q REACHABLE") == 0);
  return "";
}

}  // namespace

TEST_CASE("discovery: on the kernel itself") { fakes::check_in_namespace(CLONE_NEWNET, discover); }
