#include "nodeinit/uplink.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/fakes/fake_front_end.h"
#include "tests/fakes/fake_machine.h"

using namespace std::chrono_literals;

namespace {

struct Linked {
  Linked() { uplink.start(fakes::FakeFrontEnd::address, keys); }

  bool logged(std::string_view text) const { return times_logged(text) > 0; }
  int times_logged(std::string_view text) const {
    sys::LogLine line;
    int times = 0;
    for (std::uint64_t next = log.first(); next != 0 && log.read(next, line); next = line.sequence + 1) {
      if (line.text.find(text) != std::string_view::npos) ++times;
    }
    return times;
  }

  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeSockets sockets{loop, faults};
  fakes::FakeFrontEnd front_end{loop, sockets};
  sys::Log log{clock};
  int joined = 0, lost = 0, bulk = 0;
  std::vector<transport::Message> messages;
  std::uint64_t seed = 1;
  transport::PinnedKeys keys;
  fakes::FakeMachine machine{faults};
  node::Uplink uplink{loop,
                      sockets,
                      log,
                      [this] { return seed += 0x9e3779b97f4a7c15ull; },
                      [this](std::span<std::uint8_t> bytes) { return machine.random_key(bytes); },
                      {.hello = [] { return transport::Hello{.interface = "eth0"}; },
                       .joined = [this](const transport::Welcome&) { ++joined; },
                       .lost = [this](const std::string&) { ++lost; },
                       .trouble = [](const std::string&) {},
                       .message = [this](std::uint64_t, transport::Message message) { messages.push_back(std::move(message)); },
                       .bulk = [this](bool there) { bulk += there ? 1 : 0; },
                       .drained = [] {},
                       .bulk_drained = [] {}}};
};

struct Joined : Linked {
  Joined() {
    front_end.open();
    front_end.work_for(3s);
    REQUIRE(uplink.joined());
  }
};

}  // namespace

TEST_CASE("uplink: without a front end it tries ever more slowly, but at least every eleven seconds") {
  Linked test;
  test.loop.advance(10min);
  const int tries = test.faults.count("connect to");
  CHECK(tries > 55);
  CHECK(tries < 85);
  test.front_end.open();
  test.front_end.work_for(11s);
  CHECK(test.uplink.joined());
  CHECK(test.bulk == 1);
}

TEST_CASE("uplink: a front end that is off gives no answer at all") {
  Linked test;
  test.sockets.make_silent(fakes::FakeFrontEnd::address);
  test.uplink.start(fakes::FakeFrontEnd::address, test.keys);
  test.loop.advance(11s);
  CHECK(test.logged("the front end has said nothing for 10000 ms"));
  CHECK_FALSE(test.uplink.joined());
}

TEST_CASE("uplink: a refusal is said with its reason, and asked again") {
  Linked test;
  test.front_end.on_hello = [](const transport::Hello&) { return transport::Refused{.reason = "unknown MAC\n52:54"}; };
  test.front_end.open();
  test.front_end.work_for(30s);
  CHECK(test.logged("the front end refuses this node: unknown MAC\\x0a52:54"));
  CHECK(test.front_end.connections > 3);
  CHECK(test.joined == 0);
  test.front_end.on_hello = [&](const transport::Hello&) { return test.front_end.welcome; };
  test.front_end.work_for(11s);
  CHECK(test.joined == 1);
}

TEST_CASE("uplink: another version of the protocol is said clearly, in a Refused and in a Welcome") {
  for (const bool refused : {true, false}) {
    Linked test;
    test.front_end.welcome.version = 9;
    if (refused) {
      test.front_end.on_hello = [](const transport::Hello&) {
        return transport::Refused{.version = 9, .reason = "no"};
      };
    }
    test.front_end.open();
    test.front_end.work_for(5s);
    CHECK(test.logged(
        sys::cat("the front end speaks protocol version 9 and this node version ", transport::protocol_version)));
    CHECK(test.joined == 0);
  }
}

TEST_CASE("uplink: a Welcome whose limits make no sense is refused") {
  Linked test;
  test.front_end.welcome.silence_limit_ms = 1;
  test.front_end.open();
  test.front_end.work_for(5s);
  CHECK(test.joined == 0);
  CHECK(test.logged("silence limit"));
}

TEST_CASE("uplink: silence past the limit ends the connection, pings keep it") {
  Joined test;
  for (int i = 0; i < 10; ++i) {
    test.front_end.work_for(15s);
    test.front_end.send(transport::Ping{.sequence = 1});
    test.front_end.work();
  }
  CHECK(test.lost == 0);
  test.front_end.work_for(21s);
  CHECK(test.lost == 1);
  CHECK(test.logged("the front end has said nothing for 20000 ms"));
  test.front_end.work_for(3s);
  CHECK(test.joined == 2);
}

TEST_CASE("uplink: waiting for pings wakes nobody up") {
  Joined test;
  const auto before = test.loop.wakeups();
  test.loop.advance(10s);
  CHECK(test.loop.wakeups() == before);
}

TEST_CASE("uplink: a message that is not legal now ends the connection with its name") {
  Linked test;
  test.front_end.on_hello = [](const transport::Hello&) { return transport::Ping{}; };
  test.front_end.open();
  test.front_end.work_for(3s);
  CHECK(test.messages.empty());
  CHECK(test.logged("refused: Ping may not be sent before the welcome"));

  Joined other;
  other.front_end.send(transport::Block{});  // on control
  other.front_end.work();
  CHECK(other.messages.empty());
  CHECK(other.lost == 1);
}

TEST_CASE("uplink: garbage instead of frames ends the connection, and it comes back") {
  Joined test;
  test.front_end.put(std::string(64, '\xff'));
  test.front_end.work();
  CHECK(test.lost == 1);
  test.front_end.work_for(3s);
  CHECK(test.joined == 2);
}

TEST_CASE("uplink: before the welcome a large frame is refused by its header alone") {
  Linked test;
  test.front_end.on_hello = [](const transport::Hello&) {
    return transport::Setup{.steps = std::vector<transport::Step>(500)};
  };
  test.front_end.open();
  test.front_end.work_for(3s);
  CHECK(test.messages.empty());
  CHECK(test.logged("refused: a frame (Setup) of"));
}

TEST_CASE("uplink: losing bulk does not cost control, and who sends on it is told when it is back") {
  Joined test;
  test.front_end.drop_bulk();
  test.front_end.work();
  CHECK(test.uplink.joined());
  CHECK(test.lost == 0);
  test.uplink.send_bulk(transport::StreamOutput{.job = 5});
  test.front_end.work_for(3s);
  CHECK(test.bulk == 2);
  CHECK(test.front_end.all<transport::StreamOutput>().empty());
  test.uplink.send_bulk(transport::StreamOutput{.job = 6});
  test.front_end.work();
  REQUIRE(test.front_end.all<transport::StreamOutput>().size() == 1);
  CHECK(test.front_end.all<transport::StreamOutput>()[0].job == 6);
}

TEST_CASE("uplink: a front end that refuses is asked ever more slowly, and that is said ever more rarely") {
  Linked test;
  test.front_end.on_hello = [](const transport::Hello&) { return transport::Refused{.reason = "no"}; };
  test.front_end.open();
  test.front_end.work_for(10min);
  CHECK(test.front_end.connections > 55);
  CHECK(test.front_end.connections < 85);
  const int complaints = test.times_logged("refuses this node: no");
  CHECK(complaints >= 6);
  CHECK(complaints <= 9);
}

TEST_CASE("uplink: losing control ends bulk as well, and both come back") {
  Joined test;
  test.front_end.drop_control();
  test.front_end.work();
  CHECK_FALSE(test.uplink.joined());
  test.front_end.work_for(3s);
  CHECK(test.uplink.joined());
  CHECK(test.front_end.all<transport::BulkHello>().size() == 2);
}

TEST_CASE("uplink: what is sent while not joined is not sent") {
  Linked test;
  test.uplink.send(transport::Pong{});
  test.uplink.send_bulk(transport::StreamOutput{});
  test.front_end.open();
  test.front_end.work_for(3s);
  CHECK(test.front_end.all<transport::Pong>().empty());
  CHECK(test.front_end.all<transport::StreamOutput>().empty());
}
