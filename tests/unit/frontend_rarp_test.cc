#include <doctest/doctest.h>

#include <cerrno>

#include "frontend/nodemaster/rarp_responder.h"
#include "sys/text.h"
#include "tests/unit/frontend_fixture.h"

namespace {

using namespace std::chrono_literals;
using fakes::ip;
using fakes::mac;

struct Responder {
  fakes::Kernel kernel;
  frontend::NodeTable table{kernel.clock, kernel.log};
  frontend::UnknownNodes unknown{kernel.clock, kernel.log, table};
  frontend::RarpResponder rarp{kernel.loop, kernel.links, kernel.packets, kernel.log,
                               table,       unknown,      "eth0",         ip("10.9.0.1")};

  Responder() { table.configure(fakes::some_nodes(4)); }

  void ask(int link, const sys::Mac& who) {
    const network::RarpPacket request{.sender_mac = who, .target_mac = who};
    kernel.packets.deliver(link, who, network::encode(request));
    kernel.loop.run_until_idle();
  }
};

TEST_CASE("a known node gets its address") {
  Responder at;
  const int link = at.kernel.links.add_ethernet("eth0");
  at.rarp.start();
  at.ask(link, mac("52:54:00:09:00:03"));
  REQUIRE(at.kernel.packets.sent.size() == 1);
  const auto& sent = at.kernel.packets.sent[0];
  CHECK(sent.to == mac("52:54:00:09:00:03"));
  const auto reply = network::decode_rarp(sent.payload);
  REQUIRE(reply);
  CHECK(reply->operation == network::RarpOperation::reply);
  CHECK(reply->sender_mac == at.kernel.links.link(link).mac);
  CHECK(reply->sender_ip == ip("10.9.0.1"));
  CHECK(reply->target_mac == mac("52:54:00:09:00:03"));
  CHECK(reply->target_ip == ip("10.9.1.3"));
  CHECK(at.kernel.links.neighbours == std::vector<std::string>{"10.9.1.3 at 52:54:00:09:00:03 on 1"});
  CHECK(at.table.find(3)->reason.find("has asked for its address") == 0);
}

TEST_CASE("an unknown MAC is reported once, with lines to paste that fit") {
  Responder at;
  const int link = at.kernel.links.add_ethernet("eth0");
  at.rarp.start();
  for (int i = 0; i < 3; ++i)
    at.ask(link, mac("52:54:00:aa:bb:cc"));
  CHECK(at.kernel.packets.sent.empty());
  CHECK(at.kernel.logged("unknown node 52:54:00:aa:bb:cc asks for an address on eth0") == 1);
  CHECK(at.kernel.logged(" [[nodes]]") == 1);
  CHECK(at.kernel.logged(" node = 4") == 1);
  CHECK(at.kernel.logged(" mac = \"52:54:00:aa:bb:cc\"") == 1);
  CHECK(at.kernel.logged(" address = \"10.9.1.4\"") == 1);
  at.ask(link, mac("52:54:00:aa:bb:cd"));
  CHECK(at.kernel.logged(" node = 5") == 1);
  CHECK(at.kernel.logged(" address = \"10.9.1.5\"") == 1);
  at.kernel.clock.advance(frontend::UnknownNodes::interval);
  at.ask(link, mac("52:54:00:aa:bb:cc"));
  CHECK(at.kernel.logged("unknown node 52:54:00:aa:bb:cc") == 2);
}

TEST_CASE("made up MACs do not fill the log") {
  Responder at;
  const int link = at.kernel.links.add_ethernet("eth0");
  at.rarp.start();
  for (unsigned i = 0; i < 500; ++i) {
    at.ask(link, {0x52, 0x54, 1, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
  }
  CHECK(at.kernel.logged("unknown node ") == frontend::UnknownNodes::max_reports);
  CHECK(at.kernel.logged("further ones are not reported") == 1);
}

TEST_CASE("what is no request is not answered") {
  Responder at;
  const int link = at.kernel.links.add_ethernet("eth0");
  at.rarp.start();
  const sys::Mac who = mac("52:54:00:09:00:03");
  const network::RarpPacket reply{.operation = network::RarpOperation::reply, .sender_mac = who, .target_mac = who};
  at.kernel.packets.deliver(link, who, network::encode(reply));
  auto cut = network::encode({.sender_mac = who, .target_mac = who});
  cut.resize(20);
  at.kernel.packets.deliver(link, who, cut);
  at.kernel.packets.deliver(link, who, {});
  at.kernel.loop.run_until_idle();
  CHECK(at.kernel.packets.sent.empty());
  at.ask(link, who);
  CHECK(at.kernel.packets.sent.size() == 1);
}

TEST_CASE("the interface may come later, go, and come back") {
  Responder at;
  at.rarp.start();
  at.kernel.loop.run_until_idle();
  CHECK(at.kernel.logged("there is no interface eth0") == 1);
  const int first = at.kernel.links.add_ethernet("eth0");
  at.kernel.loop.run_until_idle();
  at.ask(first, mac("52:54:00:09:00:01"));
  CHECK(at.kernel.packets.sent.size() == 1);
  at.kernel.links.remove(first);
  at.kernel.loop.run_until_idle();
  CHECK(at.kernel.packets.open_sockets(first) == 0);
  CHECK(at.kernel.logged("there is no interface eth0") == 2);
  const int second = at.kernel.links.add_ethernet("eth0");
  at.kernel.loop.run_until_idle();
  at.ask(second, mac("52:54:00:09:00:01"));
  CHECK(at.kernel.packets.sent.size() == 2);
}

TEST_CASE("a socket that breaks is opened again, and said once") {
  Responder at;
  const int link = at.kernel.links.add_ethernet("eth0");
  at.rarp.start();
  at.kernel.packets.interrupt(link, ENETDOWN);
  at.kernel.packets.break_link(link);
  at.kernel.loop.run_until_idle();
  CHECK(at.kernel.packets.open_sockets(link) == 0);
  at.kernel.loop.advance(1min);
  CHECK(at.kernel.logged("no RARP on eth0") <= 2);  // the reception's reason, then the opening's
  at.kernel.packets.repair(link);
  at.kernel.loop.advance(1min);
  at.ask(link, mac("52:54:00:09:00:01"));
  CHECK(at.kernel.packets.sent.size() == 1);
}

TEST_CASE("RARP is answered in the end whichever call fails") {
  for (int n = 1;; ++n) {
    Responder at;
    const int link = at.kernel.links.add_ethernet("eth0");
    at.kernel.faults.fail_at = n;
    at.rarp.start();
    at.kernel.loop.advance(1min);
    for (int i = 0; i < 3; ++i)
      at.ask(link, mac("52:54:00:09:00:01"));
    at.kernel.loop.advance(1min);
    at.ask(link, mac("52:54:00:09:00:01"));
    CAPTURE(n);
    CHECK(at.kernel.packets.sent.size() >= 1);
    if (!at.kernel.faults.fired()) break;
  }
}

}  // namespace
