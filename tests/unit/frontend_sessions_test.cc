#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include "frontend/nodemaster/node_listener.h"
#include "sys/text.h"
#include "tests/unit/frontend_fixture.h"
#include "tests/unit/temporary_directory.h"

namespace {

using namespace std::chrono_literals;
using fakes::Caller;
using fakes::hello_of;
using fakes::ip;
using frontend::Counter;
using transport::NodeNumber;

constexpr std::uint16_t port = 2223;

// The nodes' door and what is behind it; what is heard of nodes becomes lines of `events`.
struct Door : frontend::NodeEvents {
  fakes::Kernel kernel;
  frontend::NodeTable table{kernel.clock, kernel.log};
  frontend::UnknownNodes unknown{kernel.clock, kernel.log, table};
  frontend::ContentStore store;
  frontend::Counters counters;
  frontend::NodeSessions sessions{
      kernel.loop, kernel.log, table, unknown, store, counters, [this] { return kernel.machine.random(); },
      {5s, 20s},   *this};
  crypto::Random random = [this](std::span<std::uint8_t> key) { return kernel.machine.random_key(key); };
  frontend::NodeListener listener{kernel.loop, kernel.sockets, kernel.log, table, sessions, counters, random};
  std::vector<std::string> events;

  Door() {
    table.configure(fakes::some_nodes(4));
    listener.start({ip("10.9.0.1"), port}, 20000);
    kernel.loop.run_until_idle();
  }

  std::unique_ptr<Caller> call(const transport::PinnedKeys& keys = {}) {
    auto caller = std::make_unique<Caller>(kernel, kernel.sockets.connect_tcp({ip("10.9.0.1"), port}, 20000),
                                           fakes::node_channel(kernel, keys));
    kernel.loop.run_until_idle();
    return caller;
  }
  std::unique_ptr<Caller> greet(const transport::Message& greeting, const transport::PinnedKeys& keys = {}) {
    auto caller = call(keys);
    caller->send(greeting);
    kernel.loop.run_until_idle();
    return caller;
  }
  std::uint64_t counted(frontend::Counter counter) const { return counters.value(counter); }
  std::vector<std::string> take_events() { return std::exchange(events, {}); }

  void on_joined(NodeNumber node) override { events.push_back(sys::cat("joined ", node)); }
  void on_node_message(NodeNumber node, transport::Message message) override {
    events.push_back(sys::cat("message ", std::visit([](const auto& m) { return m.number; }, message), " of ", node));
  }
  void on_node_answer(NodeNumber node, std::uint64_t request, transport::Message) override {
    events.push_back(sys::cat("answer ", request, " of ", node));
  }
  void on_bulk_lost(NodeNumber node, const std::string& reason) override {
    events.push_back(sys::cat("bulk lost ", node, ": ", reason));
  }
  void on_lost(NodeNumber node, const std::string& reason) override {
    events.push_back(sys::cat("lost ", node, ": ", reason));
  }
};

using Events = std::vector<std::string>;

std::string refusal(Caller& caller) {
  const auto refused = caller.take<transport::Refused>();
  return refused.empty() ? "" : refused[0].reason;
}

TEST_CASE("a node is recognised by its MAC and welcomed") {
  Door door;
  const auto node = door.greet(hello_of(3, 77));
  const auto welcome = node->take<transport::Welcome>();
  REQUIRE(welcome.size() == 1);
  CHECK(welcome[0].node == 3);
  CHECK(welcome[0].name == "n3");
  CHECK(welcome[0].ping_interval_ms == 5000);
  CHECK(welcome[0].silence_limit_ms == 20000);
  CHECK(welcome[0].wall_ns != 0);
  CHECK(welcome[0].bulk_token != 0);
  CHECK(door.take_events() == Events{"joined 3"});
  CHECK(door.listener.greeting() == 0);
  node->send(transport::Pong{1, {}});
  door.kernel.loop.run_until_idle();
  CHECK(door.take_events() == Events{"message 5 of 3"});
}

TEST_CASE("strangers are refused with the reason") {
  Door door;
  auto hello = hello_of(9, 1);
  auto caller = door.greet(hello);
  CHECK(refusal(*caller).find("no node of this cluster has MAC 52:54:00:09:00:09") == 0);
  CHECK(caller->closed());
  CHECK(door.kernel.logged("unknown node 52:54:00:09:00:09 wants to join") == 1);
  CHECK(door.counted(Counter::unknown_mac) == 1);
  CHECK(door.counted(Counter::message_refused) == 0);  // each connection is counted once

  hello = hello_of(3, 1);
  hello.version = 99;
  caller = door.greet(hello);
  CHECK(refusal(*caller).find("protocol version 99") != std::string::npos);
  CHECK(caller->closed());

  caller = door.greet(transport::BulkHello{3, 12345});
  CHECK(refusal(*caller).find("token") != std::string::npos);
  CHECK(caller->closed());

  caller = door.greet(transport::Pong{});
  CHECK(caller->closed());
  CHECK(door.events.empty());
  CHECK(door.listener.greeting() == 0);
}

TEST_CASE("strangers do not fill the log") {
  Door door;
  for (unsigned i = 0; i < 100; ++i) {
    door.kernel.sockets.set_peer({ip("10.8.0.0") + i, 1000});
    CHECK(door.greet(transport::Pong{})->closed());
  }
  CHECK(door.kernel.logged("did not become a node's") == 30);
  CHECK(door.kernel.logged("further connections of this kind are not shown") == 1);
  door.kernel.loop.advance(1min);
  door.greet(transport::Pong{});
  CHECK(door.kernel.logged("did not become a node's") == 31);
}

TEST_CASE("a connection that does not greet is closed in time") {
  Door door;
  const auto caller = door.call();
  door.kernel.loop.advance(9s);
  CHECK_FALSE(caller->closed());
  door.kernel.loop.advance(2s);
  CHECK(caller->closed());
  CHECK(door.listener.greeting() == 0);
}

TEST_CASE("one address holds a few silent connections, others get in") {
  Door door;
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 20; ++i)
    callers.push_back(door.call());
  CHECK(door.listener.greeting() == frontend::AdmissionLimits{}.per_address);
  CHECK(callers[11]->closed());
  CHECK_FALSE(callers[12]->closed());
  CHECK(door.counted(Counter::too_many_from_address) == 12);
  door.kernel.sockets.set_peer({ip("10.9.1.3"), 1000});
  const auto node = door.greet(hello_of(3, 1));
  CHECK(node->take<transport::Welcome>().size() == 1);
}

// The loop finds both in one turn: the new connection, then the timer.
TEST_CASE("a silent connection that makes room in the turn in which its time is up goes once") {
  Door door;
  std::vector<std::unique_ptr<Caller>> callers;
  const std::size_t most = frontend::AdmissionLimits{}.per_address;
  for (std::size_t i = 0; i < most; ++i)
    callers.push_back(door.call());
  door.kernel.clock.advance(10s);
  callers.push_back(door.call());
  CHECK(door.counted(Counter::too_many_from_address) == 1);
  CHECK(door.counted(Counter::greeting_timeout) == most - 1);
  CHECK(door.listener.greeting() == 1);
}

TEST_CASE("a node that greets in the turn in which its time is up is welcome") {
  Door door;
  const auto node = door.call();
  door.kernel.clock.advance(10s);
  node->send(hello_of(3, 1));
  door.kernel.loop.run_until_idle();
  CHECK(node->take<transport::Welcome>().size() == 1);
  CHECK(door.counted(Counter::greeting_timeout) == 0);
}

TEST_CASE("a sign of life that comes in the turn in which the time for it is up counts") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  const auto impostor = door.greet(hello_of(3, 2));
  const auto pings = node->take<transport::Ping>();
  REQUIRE(pings.size() == 1);
  door.kernel.clock.advance(4s);
  node->send(transport::Pong{pings[0].sequence, {}});
  door.kernel.loop.run_until_idle();
  CHECK(impostor->closed());
  CHECK_FALSE(node->closed());
}

TEST_CASE("when too many are silent, the oldest makes room for whoever comes") {
  Door door;
  std::vector<std::unique_ptr<Caller>> callers;
  const std::size_t most = frontend::AdmissionLimits{}.strangers;
  for (std::size_t i = 0; i < most + 10; ++i) {
    door.kernel.sockets.set_peer({ip("10.8.0.0") + static_cast<std::uint32_t>(i), 1000});
    callers.push_back(door.call());
  }
  CHECK(door.listener.greeting() == most);
  CHECK(callers[9]->closed());
  CHECK_FALSE(callers[10]->closed());
  CHECK(door.counted(Counter::evicted) == 10);
  door.kernel.sockets.set_peer({ip("10.9.1.3"), 1000});  // of node 3: it takes nobody's room
  const auto node = door.greet(hello_of(3, 1));
  CHECK(node->take<transport::Welcome>().size() == 1);
  CHECK_FALSE(callers[10]->closed());
}

TEST_CASE("an address that is refused again and again is shut out for a while") {
  Door door;
  const unsigned most = frontend::AdmissionLimits{}.refusals;
  for (unsigned i = 0; i < most + 5; ++i)
    CHECK(door.greet(transport::Pong{})->closed());
  CHECK(door.counted(Counter::message_refused) == most);
  CHECK(door.counted(Counter::shut_out) == 5);
  door.kernel.loop.advance(1min);
  CHECK_FALSE(door.greet(hello_of(3, 1))->closed());
}

TEST_CASE("a node that pins another front end, has another cluster key, or comes in the clear is refused by name") {
  Door door;
  const transport::FrontEndKeys keys = fakes::front_end_keys();
  door.listener.set_keys(keys);
  door.kernel.sockets.set_peer({ip("10.9.1.3"), 1000});
  const auto refused = [&](const transport::PinnedKeys& with, Counter counter, const char* reason) {
    const auto caller = door.greet(hello_of(3, 1), with);
    CHECK(caller->closed());
    CHECK(caller->received.empty());
    CHECK(door.counted(counter) >= 1);
    CHECK_MESSAGE(door.kernel.logged(reason) == 1, reason);
    CHECK_MESSAGE(door.table.find(3)->reason.find(reason) != std::string::npos, door.table.find(3)->reason);
    CHECK(door.table.find(3)->reason.find("refused: refused: ") == std::string::npos);
    CHECK(door.kernel.logged("from 10.9.1.3:1000 (the address of n3, 52:54:00:09:00:03) did not become a node's") >= 1);
  };
  auto other = fakes::pinned(keys);
  other.front_end = fakes::front_end_keys(9).public_key;
  refused(other, Counter::handshake_wrong_front_end_key, "its image pins the front end with key");
  other = fakes::pinned(keys);
  other.cluster_key = fakes::front_end_keys(9).cluster_key;
  refused(other, Counter::handshake_wrong_cluster_key, "its image has the cluster key");
  other = fakes::pinned(keys);
  other.protection = transport::Protection::nk;
  refused(other, Counter::handshake_protection, "its image has no cluster key: build it");
  refused({}, Counter::handshake_protection, "it comes in the clear: build its image");
}

TEST_CASE("why a node is refused at the handshake is said in lines that are not cut") {
  using transport::Protection;
  constexpr Protection all[] = {Protection::clear, Protection::nk, Protection::nk_psk0};
  const auto keys_of = [](Protection protection, std::uint8_t seed) {
    auto keys = fakes::front_end_keys(seed);
    keys.protection = protection;
    return keys;
  };
  int misfits = 0;
  for (const Protection ours : all) {
    for (const Protection theirs : all) {
      for (const std::uint8_t seed : {std::uint8_t{1}, std::uint8_t{9}}) {
        if (ours == theirs && (seed == 1 || ours == Protection::clear)) continue;
        Door door;
        frontend::NodeEntry node = fakes::some_nodes(1).back();
        node.name = std::string(30, 'n');
        node.address = ip("210.199.151.103");
        door.table.configure({node});
        door.kernel.sockets.set_peer({node.address, 54321});
        door.listener.set_keys(keys_of(ours, 1));
        CHECK(door.greet(hello_of(0, 1), fakes::pinned(keys_of(theirs, seed)))->closed());
        CHECK(door.kernel.logged("did not become a node's: refused: ") == 1);
        CHECK(door.kernel.logged("...") == 0);
        ++misfits;
      }
    }
  }
  CHECK(misfits == 14);
}

TEST_CASE("a secured node is welcomed, and how it is protected is known while it is there") {
  Door door;
  const transport::FrontEndKeys keys = fakes::front_end_keys();
  door.listener.set_keys(keys);
  const auto node = door.greet(hello_of(3, 1), fakes::pinned(keys));
  CHECK(node->take<transport::Welcome>().size() == 1);
  CHECK(door.table.find(3)->channel == "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b");
  CHECK(door.take_events() == Events{"joined 3"});
}

TEST_CASE("a second machine does not take the place of a node that answers") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  auto from_elsewhere = hello_of(3, 2);
  from_elsewhere.address = ip("10.9.200.1");
  const auto impostor = door.greet(from_elsewhere);
  CHECK_FALSE(impostor->closed());
  const auto pings = node->take<transport::Ping>();
  REQUIRE(pings.size() == 1);
  const auto third = door.greet(hello_of(3, 3));  // meanwhile
  CHECK(refusal(*third).find("at the same time") != std::string::npos);
  node->send(transport::Pong{pings[0].sequence, {}});
  door.kernel.loop.run_until_idle();
  CHECK(refusal(*impostor).find("two machines have its MAC") != std::string::npos);
  CHECK(impostor->closed());
  CHECK_FALSE(node->closed());
  CHECK(door.counted(Counter::number_taken) == 2);
  CHECK(door.kernel.logged("n3: a machine at") == 1);
  CHECK(door.kernel.logged("has address") == 0);  // of no interest before it has joined
  CHECK(door.take_events() == Events{"joined 3", "message 5 of 3"});
  CHECK_FALSE(door.greet(hello_of(3, 4))->closed());  // may ask again
}

TEST_CASE("a node that has another address than it is configured with is welcome, and named") {
  Door door;
  auto hello = hello_of(3, 1);
  hello.address = ip("10.9.200.1");
  CHECK(door.greet(hello)->take<transport::Welcome>().size() == 1);
  CHECK(door.kernel.logged("n3: has address 10.9.200.1, the configuration says") == 1);
}

TEST_CASE("an answer from before the challenge is no sign of life") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  const auto rebooted = door.greet(hello_of(3, 2));
  node->send(transport::Pong{0, {}});
  door.kernel.loop.run_until_idle();
  CHECK_FALSE(rebooted->closed());
  door.kernel.loop.advance(4s);
  CHECK(rebooted->take<transport::Welcome>().size() == 1);
}

TEST_CASE("a connection that breaks while another machine claims the node is not the end of the node") {
  Door door;
  auto node = door.greet(hello_of(3, 1));
  const auto impostor = door.greet(hello_of(3, 2));
  node->hang_up();  // or somebody cut it
  door.kernel.loop.advance(1s);
  CHECK(impostor->received.empty());
  node = door.greet(hello_of(3, 1));
  CHECK(node->take<transport::Welcome>().size() == 1);
  CHECK(refusal(*impostor).find("two machines have its MAC") != std::string::npos);
  CHECK(door.counted(Counter::number_taken) == 1);
  CHECK(door.take_events() == Events{"joined 3", "lost 3: peer closed the connection", "joined 3"});
  door.kernel.loop.advance(10s);
  CHECK_FALSE(node->closed());
}

TEST_CASE("a node that connects again while another machine claims it has joined once more, and no more than that") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  const auto impostor = door.greet(hello_of(3, 2));
  const auto again = door.greet(hello_of(3, 1));
  CHECK(again->take<transport::Welcome>().size() == 1);
  CHECK(impostor->closed());
  CHECK(door.take_events() == Events{"joined 3", "lost 3: the node has connected again", "joined 3"});
}

TEST_CASE("what a newcomer does wrong while it waits is counted") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  const auto impostor = door.greet(hello_of(3, 2));
  impostor->send(hello_of(3, 2));
  door.kernel.loop.run_until_idle();
  CHECK(impostor->closed());
  CHECK(door.counted(Counter::message_refused) == 1);
}

TEST_CASE("a node that joins again and again does not fill the log") {
  Door door;
  std::unique_ptr<Caller> node;
  for (int i = 0; i < 40; ++i)
    node = door.greet(hello_of(3, 1));
  CHECK(refusal(*node).find("too often") != std::string::npos);
  CHECK(door.counted(Counter::joins_too_often) == 20);
  door.kernel.loop.advance(1min);
  CHECK(door.greet(hello_of(3, 1))->take<transport::Welcome>().size() == 1);
}

TEST_CASE("others that claim to be a node do not keep it out") {
  Door door;
  auto node = door.greet(hello_of(3, 1));
  for (unsigned i = 0; i < 40; ++i) {
    const auto impostor = door.greet(hello_of(3, 2 + i));
    node->send(transport::Pong{100, {}});
    door.kernel.loop.run_until_idle();
    CHECK(impostor->closed());
  }
  CHECK(door.counted(Counter::number_taken) == 40);
  node->hang_up();
  door.kernel.loop.run_until_idle();
  node = door.greet(hello_of(3, 1));
  CHECK(node->take<transport::Welcome>().size() == 1);
  CHECK(door.counted(Counter::joins_too_often) == 0);
}

TEST_CASE("a node that does not come from where it says is named with both addresses") {
  Door door;
  door.kernel.sockets.set_peer({ip("10.9.200.43"), 1000});
  door.greet(hello_of(3, 1));
  CHECK(door.kernel.logged("n3: says that its address is 10.9.1.3, and has connected from 10.9.200.43:1000") == 1);
}

TEST_CASE("what a node that has joined says wrong is counted, what it is dismissed for is not") {
  Door door;
  auto node = door.greet(hello_of(3, 1));
  node->send(hello_of(3, 1));
  door.kernel.loop.run_until_idle();
  CHECK(node->closed());
  CHECK(door.counted(Counter::message_refused) == 1);
  node = door.greet(hello_of(3, 1));
  door.sessions.dismiss(3, "enough");
  door.kernel.loop.advance(1min);
  CHECK(node->closed());
  node = door.greet(hello_of(3, 1));
  node->pause();
  door.kernel.loop.advance(1min);
  CHECK(door.sessions.connected() == 0);
  CHECK(door.counted(Counter::message_refused) == 1);
}

TEST_CASE("a message whose size others decide is sent when it can be, and costs no connection") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  transport::Launch launch{.program = "/bin/foo", .environment = std::vector<std::string>(65537, "A=1")};
  CHECK(door.sessions.try_send(3, launch).error().code == E2BIG);
  launch.environment = {std::string(65000, 'x')};
  launch.arguments = std::vector<std::string>(48, std::string(65000, 'y'));
  int sent = 0;
  while (const auto status = door.sessions.try_send(3, launch)) {
    REQUIRE(++sent < 100);
  }
  CHECK(sent > 1);
  CHECK(door.sessions.try_send(3, launch).error().code == EAGAIN);
  CHECK(door.sessions.try_send(2, launch).error().code == EHOSTDOWN);
  door.kernel.loop.run_until_idle();
  CHECK_FALSE(node->closed());
  CHECK(node->take<transport::Launch>().size() == static_cast<std::size_t>(sent));
}

TEST_CASE("whoever is in the middle of a handshake when keys change has to come again") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  const auto slow = door.call();
  door.listener.set_keys(fakes::front_end_keys());
  door.kernel.loop.run_until_idle();
  CHECK(slow->closed());
  CHECK_FALSE(node->closed());
  CHECK(door.greet(hello_of(2, 1), fakes::pinned(fakes::front_end_keys()))->take<transport::Welcome>().size() == 1);
}

TEST_CASE("one kind of refusal does not hide another in the log") {
  Door door;
  for (unsigned i = 0; i < 40; ++i) {
    door.kernel.sockets.set_peer({ip("10.8.0.0") + i, 1000});
    CHECK(door.greet(transport::Pong{})->closed());
  }
  door.greet(hello_of(9, 1));
  CHECK(door.kernel.logged("did not become a node's: no node of this cluster has MAC") == 1);
}

TEST_CASE("a newcomer that leaves leaves the node alone") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  const auto impostor = door.greet(hello_of(3, 2));
  impostor->hang_up();
  door.kernel.loop.advance(4s);
  CHECK_FALSE(node->closed());
  CHECK(door.take_events() == Events{"joined 3"});
}

TEST_CASE("a bulk connection is opened by the token") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  const auto token = node->take<transport::Welcome>().at(0).bulk_token;
  const auto wrong = door.greet(transport::BulkHello{3, token + 1});
  CHECK(wrong->closed());
  auto bulk = door.greet(transport::BulkHello{3, token});
  CHECK_FALSE(bulk->closed());
  CHECK(door.sessions.send_bulk(3, transport::StreamCredit{}));
  door.kernel.loop.run_until_idle();
  CHECK(bulk->take<transport::StreamCredit>().size() == 1);
  door.take_events();
  bulk->hang_up();
  door.kernel.loop.run_until_idle();
  REQUIRE(door.events.size() == 1);
  CHECK(door.events[0].find("bulk lost 3") == 0);
  CHECK_FALSE(door.sessions.send_bulk(3, transport::StreamCredit{}));
  CHECK_FALSE(node->closed());
}

TEST_CASE("messages come on their own connection only") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  node->send(transport::StreamOutput{});
  door.kernel.loop.run_until_idle();
  CHECK(node->closed());
  CHECK(door.events.back().find("lost 3: StreamOutput may not be sent on a control connection") == 0);
}

TEST_CASE("the newest connection of a node counts") {
  Door door;
  const auto first = door.greet(hello_of(3, 1));
  const auto token = first->take<transport::Welcome>().at(0).bulk_token;
  const auto again = door.greet(hello_of(3, 1));
  CHECK(first->closed());
  CHECK(again->take<transport::Welcome>().size() == 1);
  CHECK(door.take_events() == Events{"joined 3", "lost 3: the node has connected again", "joined 3"});
  CHECK(door.greet(transport::BulkHello{3, token})->closed());
  const auto rebooted = door.greet(hello_of(3, 2));
  CHECK_FALSE(again->closed());
  door.kernel.loop.advance(3s);
  CHECK(again->closed());
  CHECK(rebooted->take<transport::Welcome>().size() == 1);
  CHECK(door.take_events() == Events{"lost 3: the node has rebooted: its former life does not answer", "joined 3"});
  CHECK(door.sessions.connected() == 1);
}

TEST_CASE("a node is pinged every interval, and lost when it says nothing for the limit") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  for (int i = 0; i < 10; ++i) {
    door.kernel.loop.advance(5s);
    const auto pings = node->take<transport::Ping>();
    REQUIRE(pings.size() == 1);
    CHECK(pings[0].sequence == static_cast<std::uint64_t>(i + 1));
    node->send(transport::Pong{pings[0].sequence, {}});
    door.kernel.loop.run_until_idle();
  }
  door.take_events();
  door.kernel.loop.advance(19s);
  CHECK_FALSE(node->closed());
  door.kernel.loop.advance(6s);
  CHECK(node->closed());
  CHECK(door.take_events() == Events{"lost 3: no answer for 20 s"});
}

TEST_CASE("why a node leaves is known when it was asked to") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  door.sessions.expect_leave(3, "restarting, as asked");
  node->hang_up();
  door.kernel.loop.run_until_idle();
  CHECK(door.take_events() == Events{"joined 3", "lost 3: restarting, as asked"});
}

TEST_CASE("a node that is dismissed hears why") {
  Door door;
  const auto node = door.greet(hello_of(3, 1));
  door.sessions.dismiss(3, "no more in the configuration");
  door.kernel.loop.run_until_idle();
  CHECK(refusal(*node) == "no more in the configuration");
  CHECK(node->closed());
}

// A node with a bulk connection, and content that it may ask for.
struct Served {
  Door door;
  fakes::TemporaryDirectory folder;
  frontend::ContentStore::Offer offer;
  std::unique_ptr<Caller> node = door.greet(hello_of(3, 1));
  std::unique_ptr<Caller> bulk;
  static constexpr std::uint32_t piece = 256u << 10;

  Served() {
    std::ofstream(folder / "content") << std::string(piece, 'x');
    offer = door.store.offer({{{{1}, piece}, folder / "content"}});
    bulk = door.greet(transport::BulkHello{3, node->take<transport::Welcome>().at(0).bulk_token});
  }
  void fetch(int times) {
    for (int i = 0; i < times; ++i)
      bulk->send(transport::Fetch{.hash = {1}, .offset = 0, .length = piece});
    door.kernel.loop.run_until_idle();
  }
};

TEST_CASE("content is served, or it is said why not") {
  Served at;
  at.fetch(1);
  auto blocks = at.bulk->take<transport::Block>();
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].reason == "");
  CHECK(blocks[0].data.size() == Served::piece);

  const std::pair<transport::Fetch, std::string> refused[] = {
      {{.hash = {2}, .offset = 0, .length = 10}, "does not offer this content"},
      {{.hash = {1}, .offset = 0, .length = 0}, "a piece of 0 bytes"},
      {{.hash = {1}, .offset = 1, .length = Served::piece}, "at 1 of 262144 was asked for"},
      {{.hash = {1}, .offset = ~std::uint64_t{0}, .length = 2}, "was asked for"},
      {{.hash = {1}, .offset = 0, .length = 2u << 20}, "was asked for"}};
  for (const auto& [fetch, reason] : refused) {
    at.bulk->send(fetch);
    at.door.kernel.loop.run_until_idle();
    blocks = at.bulk->take<transport::Block>();
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].data.empty());
    CHECK_MESSAGE(blocks[0].reason.find(reason) != std::string::npos, blocks[0].reason);
  }
  at.offer = {};
  at.fetch(1);
  CHECK(at.bulk->take<transport::Block>().at(0).reason.find("any more") != std::string::npos);
}

TEST_CASE("a file that has become shorter is not served in part") {
  Served at;
  std::filesystem::resize_file(at.folder / "content", 100);
  at.fetch(1);
  const auto blocks = at.bulk->take<transport::Block>();
  CHECK(blocks.at(0).reason.find("has changed") != std::string::npos);
  CHECK(blocks.at(0).data.empty());
}

TEST_CASE("a slow node gets all that it asked for, later") {
  Served at;
  at.bulk->pause();
  at.fetch(60);
  at.bulk->resume();
  at.door.kernel.loop.run_until_idle();
  CHECK(at.bulk->take<transport::Block>().size() == 60);
}

TEST_CASE("a node that asks and asks without taking is cut off") {
  Served at;
  at.bulk->pause();
  at.fetch(200);
  at.door.kernel.loop.run_until_idle();
  REQUIRE(at.door.events.size() == 2);
  CHECK(at.door.events[1] == "bulk lost 3: more than 64 Fetch messages at once");
  CHECK_FALSE(at.node->closed());
}

TEST_CASE("a listening address that is not there yet is tried again") {
  for (int n = 1;; ++n) {
    Door door;
    door.kernel.faults.fail_at = door.kernel.faults.made + n;
    frontend::NodeListener other(door.kernel.loop, door.kernel.sockets, door.kernel.log, door.table, door.sessions,
                                 door.counters, door.random);
    other.start({ip("10.9.0.2"), port}, 20000);
    door.kernel.loop.advance(10s);
    const bool fired = door.kernel.faults.fired();
    std::unique_ptr<Caller> node;
    for (int i = 0; i < 3 && (!node || node->received.empty()); ++i) {
      auto stream = door.kernel.sockets.connect_tcp({ip("10.9.0.2"), port}, 20000);
      if (!stream) continue;
      node = std::make_unique<Caller>(door.kernel, std::move(stream), fakes::node_channel(door.kernel));
      node->send(hello_of(3, 1));
      door.kernel.loop.advance(10s);
    }
    CAPTURE(n);
    REQUIRE(node);
    CHECK(node->take<transport::Welcome>().size() == 1);
    if (!fired) break;
  }
}

}  // namespace
