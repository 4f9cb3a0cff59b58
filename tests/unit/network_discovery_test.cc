#include "network/discovery.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <optional>

#include "network/rarp.h"
#include "sys/stream.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_machine.h"
#include "tests/fakes/fake_packets.h"
#include "tests/fakes/faults.h"

namespace {

using namespace std::chrono_literals;
using fakes::SentPacket;
using Names = std::vector<std::string>;

std::uint32_t ip(const char* text) { return sys::parse_ip(text).value(); }

constexpr sys::Mac server_mac = {0x52, 0x54, 0, 9, 0, 1};

// A node with a loopback link, a front end that may answer, and time.
struct Node {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeLinks links{faults};
  fakes::FakePackets packets{loop, faults};
  fakes::FakeMachine machine{faults};
  sys::Log log{clock};
  network::DiscoveryOptions options{.prefix = 16};
  std::optional<network::Discovery> discovery;
  std::optional<network::Found> found;
  int times_found = 0;
  const int loopback = links.add_loopback();

  void start() {
    discovery.emplace(
        loop, links, packets, log, [this] { return machine.random(); }, options);
    discovery->start([this](const network::Found& result) {
      found = result;
      ++times_found;
    });
    loop.run_until_idle();
  }

  network::RarpPacket reply(int link, const char* address, const char* server = "10.9.0.1") const {
    return {.operation = network::RarpOperation::reply,
            .sender_mac = server_mac,
            .sender_ip = ip(server),
            .target_mac = links.link(link).mac,
            .target_ip = ip(address)};
  }
  void answer(int link, const network::RarpPacket& packet) {
    packets.deliver(link, packet.sender_mac, network::encode(packet));
  }
  // From now on requests on `link` are answered.
  void serve(int link) {
    packets.on_send = [this, link](const SentPacket& sent) {
      if (sent.link == link) answer(link, reply(link, "10.9.1.3"));
    };
  }
  std::size_t requests_on(int link) const {
    std::size_t count = 0;
    for (const SentPacket& sent : packets.sent)
      count += sent.link == link ? 1 : 0;
    return count;
  }
  // Lines of the log that contain `text`.
  int logged(std::string_view text) const {
    int count = 0;
    sys::LogLine line;
    for (auto sequence = log.first(); sequence <= log.last() && log.read(sequence, line); ++sequence) {
      count += line.text.find(text) != std::string_view::npos ? 1 : 0;
    }
    return count;
  }
};

}  // namespace

TEST_CASE("discovery: loopback and link come up, the answer is applied") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.serve(eth0);
  node.start();
  node.loop.advance(200ms);

  REQUIRE(node.found);
  CHECK(node.times_found == 1);
  CHECK(node.found->link.name == "eth0");
  CHECK(node.found->address == ip("10.9.1.3"));
  CHECK(node.found->prefix == 16);
  CHECK(node.found->gateway == ip("10.9.0.1"));
  CHECK(node.found->front_end == ip("10.9.0.1"));
  CHECK(node.found->requests == 1);
  CHECK(node.found->others.empty());
  CHECK(node.links.addresses == Names{"127.0.0.1/8 on 1", "10.9.1.3/16 on 2"});
  CHECK(node.links.routes == Names{"10.9.0.1 on 2"});
  CHECK(node.links.neighbours == Names{"10.9.0.1 at 52:54:00:09:00:01 on 2"});
  CHECK(node.links.link(node.loopback).up);
}

TEST_CASE("discovery: the request says who asks, to everybody") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(200ms);
  REQUIRE(node.packets.sent.size() == 1);
  const SentPacket& sent = node.packets.sent[0];
  CHECK(sent.protocol == sys::protocol_rarp);
  CHECK(sent.to == sys::broadcast_mac);
  const auto request = network::decode_rarp(sent.payload);
  REQUIRE(request);
  CHECK(request->operation == network::RarpOperation::request);
  CHECK(request->sender_mac == node.links.link(eth0).mac);
  CHECK(request->target_mac == node.links.link(eth0).mac);
}

TEST_CASE("discovery: afterwards nothing is left that could wake the node up") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.serve(eth0);
  node.start();
  node.loop.advance(1s);
  REQUIRE(node.found);
  CHECK(node.packets.open_sockets(eth0) == 0);
  CHECK_FALSE(node.links.watched());
  CHECK(node.loop.watches() == 0);
  const auto wakeups = node.loop.wakeups();
  node.loop.advance(1h);
  CHECK(node.loop.wakeups() == wakeups);
}

TEST_CASE("discovery: no answer for a while, then one") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(10min);
  CHECK_FALSE(node.found);
  const auto asked = static_cast<std::uint32_t>(node.packets.sent.size());
  CHECK(asked > 20);  // 17 to reach the cap of 30 s, then one each 30 s
  CHECK(asked < 45);
  CHECK(node.discovery->trouble() == sys::cat("no answer to ", asked, " RARP requests on eth0"));
  node.serve(eth0);
  node.loop.advance(34s);  // 30 s and the jitter
  REQUIRE(node.found);
  CHECK(node.found->requests == asked + 1);
  CHECK(node.discovery->trouble() == "");
}

TEST_CASE("discovery: the console is told why, ever more rarely") {
  Node node;
  node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(24h);
  const int lines = node.logged("no answer to");
  CHECK(lines >= 10);
  CHECK(lines <= 100);  // of about 2880 requests
}

TEST_CASE("discovery: all links are asked at once, an answer on the second wins") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  const int eth1 = node.links.add_ethernet("eth1");
  node.serve(eth1);
  node.start();
  node.loop.advance(200ms);
  REQUIRE(node.found);
  CHECK(node.found->link.name == "eth1");
  CHECK(node.found->requests == 2);
  CHECK(node.requests_on(eth0) == 1);
  CHECK(node.requests_on(eth1) == 1);
}

TEST_CASE("discovery: other answers are reported, repetitions are not") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  const int eth1 = node.links.add_ethernet("eth1");
  node.start();
  node.loop.advance(200ms);
  node.answer(eth0, node.reply(eth0, "10.9.1.3"));
  node.answer(eth0, node.reply(eth0, "10.9.1.3"));
  node.answer(eth1, node.reply(eth1, "10.9.1.4", "10.9.0.2"));
  node.loop.run_until_idle();
  REQUIRE(node.found);
  CHECK(node.found->address == ip("10.9.1.3"));
  REQUIRE(node.found->others.size() == 1);
  CHECK(node.found->others[0] ==
        "rarp answer from 10.9.0.2 on eth1 ignored: it offers 10.9.1.4, but 10.9.1.3 by rarp answer from 10.9.0.1 on "
        "eth0 was first");
}

TEST_CASE("discovery: hostile and foreign packets change nothing") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(200ms);
  const auto good = node.reply(eth0, "10.9.1.3");

  SUBCASE("short") {
    const auto packet = network::encode(good);
    for (std::size_t size = 0; size < packet.size(); ++size) {
      node.packets.deliver(eth0, server_mac, std::span(packet).first(size));
    }
  }
  SUBCASE("wrong hardware type") {
    auto packet = network::encode(good);
    packet[1] = std::byte{6};
    node.packets.deliver(eth0, server_mac, packet);
  }
  SUBCASE("another node's answer") {
    auto packet = good;
    packet.target_mac[5] ^= 1;
    node.answer(eth0, packet);
  }
  SUBCASE("a request") {
    auto packet = good;
    packet.operation = network::RarpOperation::request;
    node.answer(eth0, packet);
  }
  SUBCASE("addresses that no machine can have") {
    for (const char* bad : {"224.0.0.1", "0.0.0.0", "255.255.255.255", "127.0.0.1", "10.9.255.255", "10.9.0.0"}) {
      node.answer(eth0, node.reply(eth0, bad));
    }
  }
  SUBCASE("senders that no machine can be") {
    for (const char* bad : {"224.0.0.1", "0.0.0.0", "10.9.1.3"})
      node.answer(eth0, node.reply(eth0, "10.9.1.3", bad));
    auto packet = good;
    packet.sender_mac = sys::broadcast_mac;
    node.answer(eth0, packet);
  }
  node.loop.run_until_idle();
  CHECK_FALSE(node.found);
  CHECK(node.links.addresses == Names{"127.0.0.1/8 on 1"});

  node.answer(eth0, good);
  node.loop.run_until_idle();
  CHECK(node.found);
}

TEST_CASE("discovery: a flood of bad answers does not flood the log") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(200ms);
  for (int i = 0; i < 10'000; ++i)
    node.answer(eth0, node.reply(eth0, "224.0.0.1"));
  node.loop.run_until_idle();
  CHECK(node.logged("rarp answer refused") == 14);  // 1, 2, 4 ... 8192
  CHECK(node.discovery->trouble().find("10000 refused, the last on eth0: it offers 224.0.0.1") != std::string::npos);
}

TEST_CASE("discovery: a link that appears later is asked at once") {
  Node node;
  node.start();
  node.loop.advance(10min);
  CHECK(node.discovery->trouble().find("no Ethernet link") != std::string::npos);
  const int eth0 = node.links.add_ethernet("eth0");
  node.serve(eth0);
  node.loop.advance(100ms);
  CHECK(node.found);
}

TEST_CASE("discovery: a carrier that comes later is asked at once") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  const int eth1 = node.links.add_ethernet("eth1");
  node.links.unplug(eth1);
  node.start();
  node.loop.advance(10min);
  CHECK(node.requests_on(eth1) == 0);
  CHECK(node.discovery->trouble() ==
        sys::cat("no answer to ", node.requests_on(eth0), " RARP requests on eth0, eth1 (eth1: no carrier)"));
  node.serve(eth1);
  node.links.plug(eth1);
  node.loop.advance(100ms);
  CHECK(node.found);
}

TEST_CASE("discovery: a link that comes and goes does not make it ask without pause") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.start();
  for (int i = 0; i < 1000; ++i) {
    node.links.unplug(eth0);
    node.loop.run_until_idle();
    node.links.plug(eth0);
    node.loop.advance(1ms);
  }
  CHECK(node.requests_on(eth0) > 14);  // in one second, 50 ms apart on average
  CHECK(node.requests_on(eth0) < 40);
}

TEST_CASE("discovery: changes that open no new way do not make it ask") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(200ms);
  for (int i = 0; i < 100; ++i) {
    node.links.add_loopback();
    node.loop.advance(1ms);
  }
  CHECK(node.requests_on(eth0) == 1);
}

TEST_CASE("discovery: after a new way has opened the delays begin anew") {
  Node node;
  node.start();
  node.loop.advance(10min);
  const int eth0 = node.links.add_ethernet("eth0");
  node.loop.advance(100ms);
  CHECK(node.requests_on(eth0) == 1);
  node.loop.advance(1100ms);
  CHECK(node.requests_on(eth0) == 2);
}

TEST_CASE("discovery: changes are watched for even if that failed at first") {
  Node node;
  node.faults.fail_at = 1;
  node.start();
  REQUIRE(node.faults.calls[0] == "watch links");
  node.loop.advance(10min);
  const int eth0 = node.links.add_ethernet("eth0");
  node.serve(eth0);
  node.loop.advance(100ms);
  CHECK(node.found);
}

TEST_CASE("discovery: a link without a socket does not stop the others, and is tried again") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  const int eth1 = node.links.add_ethernet("eth1");
  node.packets.break_link(eth0);
  node.start();
  node.loop.advance(5s);
  CHECK(node.requests_on(eth0) == 0);
  CHECK(node.requests_on(eth1) >= 3);
  CHECK(node.discovery->trouble().find("(eth0: open packet socket on 2") != std::string::npos);
  node.packets.repair(eth0);
  node.serve(eth0);
  node.loop.advance(5s);
  REQUIRE(node.found);
  CHECK(node.found->link.name == "eth0");
}

TEST_CASE("discovery: a link that can not be set up does not stop the others, and is tried again") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  const int eth1 = node.links.add_ethernet("eth1");
  node.links.refuse_up(eth0, EPERM);
  node.start();
  node.loop.advance(5s);
  CHECK(node.requests_on(eth1) >= 3);
  CHECK(node.discovery->trouble().find("eth0: set up link 2") != std::string::npos);
  node.links.refuse_up(eth0, 0);
  node.serve(eth0);
  node.loop.advance(5s);
  CHECK(node.found);
}

TEST_CASE("discovery: a link that fails while it is listened to is opened again") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(200ms);
  node.packets.interrupt(eth0, ENETDOWN);
  node.loop.run_until_idle();
  CHECK(node.packets.open_sockets(eth0) == 0);
  node.serve(eth0);
  node.loop.advance(2s);
  CHECK(node.found);
}

TEST_CASE("discovery: a link that is gone leaves no socket behind") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.links.add_ethernet("eth1");
  node.start();
  node.loop.advance(200ms);
  CHECK(node.packets.open_sockets(eth0) == 1);
  node.links.remove(eth0);
  node.loop.advance(2s);
  CHECK(node.packets.open_sockets(eth0) == 0);
}

TEST_CASE("discovery: only the named links are touched") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  const int eth1 = node.links.add_ethernet("eth1");
  node.options.interfaces = {"eth1", "eth7"};
  node.start();
  node.loop.advance(200ms);
  CHECK_FALSE(node.links.link(eth0).up);
  CHECK(node.requests_on(eth0) == 0);
  CHECK(node.requests_on(eth1) == 1);
  CHECK(node.discovery->trouble() == "no answer to 1 RARP request on eth1 (eth7: does not exist)");
  node.links.remove(eth1);
  node.loop.run_until_idle();
  CHECK(node.discovery->trouble().find("no link is called eth1 or eth7") != std::string::npos);
}

TEST_CASE("discovery: the configuration's front end and gateway come first") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.options.front_end = ip("10.8.0.5");
  node.options.gateway = ip("10.9.0.254");
  node.serve(eth0);
  node.start();
  node.loop.advance(200ms);
  REQUIRE(node.found);
  CHECK(node.found->front_end == ip("10.8.0.5"));
  CHECK(node.found->gateway == ip("10.9.0.254"));
  CHECK(node.links.routes == Names{"10.9.0.254 on 2"});
}

TEST_CASE("discovery: without a prefix the address's class decides") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.options.prefix = 0;
  node.serve(eth0);
  node.start();
  node.loop.advance(200ms);
  REQUIRE(node.found);
  CHECK(node.found->prefix == 8);
}

TEST_CASE("discovery: a static address goes to the first link with a carrier") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.links.add_ethernet("eth1");
  node.links.unplug(eth0);
  node.options.method = network::Method::fixed;
  node.options.address = ip("10.9.1.7");
  node.options.front_end = ip("10.9.0.1");
  node.start();
  node.loop.advance(200ms);
  REQUIRE(node.found);
  CHECK(node.found->link.name == "eth1");
  CHECK(node.found->requests == 0);
  CHECK(node.packets.sent.empty());
  CHECK(node.links.addresses == Names{"127.0.0.1/8 on 1", "10.9.1.7/16 on 3"});
  CHECK(node.links.routes == Names{"10.9.0.1 on 3"});
  CHECK(node.links.neighbours.empty());
}

TEST_CASE("discovery: a static address waits for a carrier, unless its link is named") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.links.unplug(eth0);
  node.options.method = network::Method::fixed;
  node.options.address = ip("10.9.1.7");
  SUBCASE("not named") {
    node.start();
    node.loop.advance(1min);
    CHECK_FALSE(node.found);
    CHECK(node.discovery->trouble() == "no link is ready for the static address 10.9.1.7: eth0 (eth0: no carrier)");
    node.links.plug(eth0);
    node.loop.advance(100ms);
  }
  SUBCASE("named") {
    node.options.interfaces = {"eth0"};
    node.start();
    node.loop.advance(200ms);
  }
  CHECK(node.found);
}

TEST_CASE("discovery: a static address that no machine can have is said to be so") {
  Node node;
  node.links.add_ethernet("eth0");
  node.options.method = network::Method::fixed;
  node.options.address = ip("224.0.0.1");
  node.start();
  node.loop.advance(24h);
  CHECK_FALSE(node.found);
  CHECK(node.discovery->trouble() == "static address on eth0: 224.0.0.1/16 is not an address that a machine can have");
  CHECK(node.logged("is not an address") <= 100);
}

TEST_CASE("discovery: it may be destroyed from inside its own call") {
  Node node;
  const int eth0 = node.links.add_ethernet("eth0");
  node.serve(eth0);
  node.discovery.emplace(
      node.loop, node.links, node.packets, node.log, [&] { return node.machine.random(); }, node.options);
  node.discovery->start([&](const network::Found& found) {
    node.discovery.reset();
    node.found = found;
  });
  node.loop.advance(1s);
  CHECK(node.found);
}

TEST_CASE("discovery: destroyed while it asks, it leaves nothing behind") {
  Node node;
  node.links.add_ethernet("eth0");
  node.start();
  node.loop.advance(5s);
  node.discovery.reset();
  CHECK(node.loop.watches() == 0);
  CHECK_FALSE(node.links.watched());
  const auto sent = node.packets.sent.size();
  node.loop.advance(1min);
  CHECK(node.packets.sent.size() == sent);
}

TEST_CASE("discovery: whichever call fails once, the address is found") {
  for (int n = 1;; ++n) {
    CAPTURE(n);
    Node node;
    const int eth0 = node.links.add_ethernet("eth0");
    const int eth1 = node.links.add_ethernet("eth1");
    node.links.unplug(eth0);
    node.serve(eth1);
    node.faults.fail_at = n;
    node.start();
    node.loop.advance(5s);
    REQUIRE(node.found);
    CHECK(node.times_found == 1);
    CHECK(node.found->address == ip("10.9.1.3"));
    CHECK(node.links.addresses == Names{"127.0.0.1/8 on 1", "10.9.1.3/16 on 3"});
    CHECK(node.loop.watches() == 0);
    if (!node.faults.fired()) break;
    REQUIRE(n < 200);
  }
}
