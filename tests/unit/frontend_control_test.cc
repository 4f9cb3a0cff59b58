// The control socket: who gets in, for how long, and what it costs.
#include "frontend/nodemaster/control_server.h"

#include <doctest/doctest.h>

#include <csignal>
#include <functional>
#include <map>
#include <new>

#include "frontend/nodemaster/control_admission.h"
#include "tests/unit/frontend_cluster.h"
#include "transport/codec.h"
#include "transport/frame.h"

namespace {

using namespace std::chrono_literals;
using namespace fakes;
using frontend::ControlAdmission;
using frontend::Role;

using Crowd = std::vector<std::unique_ptr<Caller>>;

std::size_t connected(const Crowd& crowd) {
  std::size_t count = 0;
  for (const auto& caller : crowd)
    count += caller->closed() ? 0 : 1;
  return count;
}

TEST_CASE("admission: one user has few places, users leave some to admins, and these to root") {
  ControlAdmission admission;
  std::map<std::uint32_t, std::vector<ControlAdmission::Place>> places;  // by user
  const auto enter_all = [&](Role role, std::uint32_t uid) {
    std::size_t count = 0;
    while (true) {
      auto place = admission.enter(role, uid);
      if (!place) return count;
      places[uid].push_back(std::move(*place));
      ++count;
    }
  };
  for (std::uint32_t uid = 1000; uid < 1010; ++uid)
    CHECK(enter_all(Role::anyone, uid) == 16);
  CHECK(enter_all(Role::anyone, 1010) == 0);
  CHECK(admission.enter(Role::anyone, 1010).error().what ==
        "nodemaster is busy: 160 commands are connected; try again later");
  CHECK(admission.enter(Role::anyone, 1000).error().what ==
        "nodemaster is busy: uid 1000 has 16 connections already; end some of its commands");
  CHECK(enter_all(Role::admin, 2000) == 32);
  CHECK(enter_all(Role::root, 0) == 64);
  places[0].pop_back();
  CHECK(enter_all(Role::anyone, 1010) == 0);
  CHECK(enter_all(Role::root, 0) == 1);
  places[1003].pop_back();
  CHECK(enter_all(Role::anyone, 1010) == 1);
}

TEST_CASE("admission: admins of their own are bounded as well") {
  ControlAdmission admission;
  std::vector<ControlAdmission::Place> places;
  for (std::uint32_t uid = 1; uid < 10; ++uid) {
    for (std::size_t i = 0; i < 100; ++i) {
      if (auto place = admission.enter(Role::admin, uid)) places.push_back(std::move(*place));
    }
  }
  CHECK(places.size() == 192);
  CHECK_FALSE(admission.enter(Role::anyone, 1000));
  CHECK(admission.enter(Role::root, 0));
}

TEST_CASE("admission: a place is free again when making its connection throws") {
  ControlAdmission admission;
  for (int i = 0; i < 100; ++i) {
    try {
      const auto place = admission.enter(Role::anyone, 1000);
      REQUIRE(place);
      throw std::bad_alloc();
    } catch (const std::bad_alloc&) {
    }
  }
  CHECK(admission.enter(Role::anyone, 1000));
}

TEST_CASE("a user's idle connections keep out neither root nor other users, and he is told") {
  Guarded cluster;
  Crowd crowd;
  for (int i = 0; i < 300; ++i)
    crowd.push_back(cluster.connect_as(user));
  CHECK(connected(crowd) == 16);
  CHECK(cluster.failure_of(*crowd.back()) ==
        "nodemaster is busy: uid 1000 has 16 connections already; end some of its commands");
  CHECK(cluster.ask_as(root, transport::StatusRequest{"all"})->take<transport::StatusReply>().size() == 1);
  CHECK(cluster.ask_as(admin, transport::StatusRequest{"all"})->take<transport::StatusReply>().size() == 1);
  CHECK(cluster.refused("busy") == 284);
  CHECK(cluster.kernel.logged("process 77 of uid 1000: nodemaster is busy") == 30);
  cluster.ask_as({.uid = 1002, .pid = 79}, transport::UpRequest{"all"});
  CHECK(cluster.kernel.logged("process 79 of uid 1002: permission denied") == 1);  // not hidden by the crowd
  crowd.clear();
  cluster.turn();
  CHECK(cluster.ask_as(user, transport::StatusRequest{"all"})->take<transport::StatusReply>().size() == 1);
}

TEST_CASE("places become free when commands go, however they go") {
  Guarded cluster;
  for (int round = 0; round < 40; ++round) {
    auto polite = cluster.ask_as(user, transport::StatusRequest{"all"});
    polite->hang_up();
    auto refused = cluster.ask_as(user, transport::UpRequest{"all"});
    auto wrong = cluster.ask_as(user, transport::Ping{});
    cluster.turn();
    CHECK(wrong->closed());
  }
  CHECK(cluster.ask_as(user, transport::StatusRequest{"all"})->take<transport::StatusReply>().size() == 1);
  CHECK(cluster.refused("malformed") == 40);
}

TEST_CASE("a command that asks for nothing is closed, one that waits is not") {
  Guarded cluster;
  const auto idle = cluster.connect_as(user);
  const auto done = cluster.ask_as(user, transport::StatusRequest{"all"});
  const auto refused = cluster.ask_as(user, transport::UpRequest{"all"});
  const auto waiting = cluster.ask_as(user, transport::WaitRequest{"3", "up", 0});
  const auto following = cluster.ask_as(root, transport::LogRequest{"3", true});
  CHECK(cluster.failure_of(*refused) != "");
  cluster.kernel.loop.advance(29s);
  CHECK_FALSE(idle->closed());
  cluster.kernel.loop.advance(2s);
  CHECK(cluster.failure_of(*idle) == "nodemaster closes this connection, which made no request for 30 s");
  for (const Caller* caller : {idle.get(), done.get(), refused.get()})
    CHECK(caller->closed());
  cluster.kernel.loop.advance(10min);
  for (const Caller* caller : {waiting.get(), following.get()})
    CHECK_FALSE(caller->closed());
  CHECK(cluster.refused("idle") == 3);
}

TEST_CASE("a command that reads slowly gets its whole answer") {
  Guarded cluster;
  cluster.configuration.nodes = fakes::some_nodes(4096);
  cluster.daemon.reset();
  cluster.start();
  const auto slow = cluster.connect_as(user);
  slow->pause();
  slow->send(transport::StatusRequest{"all"}, 1);
  cluster.turn();
  cluster.kernel.loop.advance(10min);
  slow->resume();
  cluster.turn();
  const auto reply = slow->take<transport::StatusReply>();
  REQUIRE(reply.size() == 1);
  CHECK(reply[0].nodes.size() == 4096);
}

TEST_CASE("a command that asks on without reading is ended, and costs one answer") {
  Guarded cluster;
  cluster.configuration.nodes = fakes::some_nodes(4096);
  cluster.daemon.reset();
  cluster.start();
  const auto greedy = cluster.connect_as(user);
  greedy->pause();
  for (int i = 0; i < 100; ++i)
    greedy->send(transport::StatusRequest{"all"}, 1);
  cluster.turn();
  CHECK(cluster.refused("not_reading") == 1);
  greedy->resume();
  cluster.turn();
  CHECK(greedy->closed());
  CHECK(greedy->take<transport::StatusReply>().size() <= 1);
}

TEST_CASE("of many requests at once one is served in a turn, and all in the end") {
  Guarded cluster;
  const auto hasty = cluster.connect_as(user);
  for (int i = 0; i < 100; ++i)
    hasty->send(transport::StatusRequest{"0-3"}, 1);
  std::size_t turns = 0;
  std::function<void()> count = [&] {
    ++turns;
    if (hasty->received.size() < 100 && turns < 1000) cluster.kernel.loop.defer(count);
  };
  count();
  cluster.turn();
  CHECK(turns >= 100);
  CHECK(hasty->take<transport::StatusReply>().size() == 100);
  CHECK(cluster.refused("malformed") == 0);
}

TEST_CASE("the state of the largest cluster fits in one reply, whatever it has to say") {
  transport::StatusReply reply;
  const std::string word(64, 'w');
  for (std::size_t i = 0; i < frontend::max_nodes; ++i) {
    reply.nodes.push_back({.name = word.substr(1),
                           .reason = std::string(512, 'r'),
                           .version = word,
                           .kernel_release = word,
                           .architecture = word,
                           .channel = word});
  }
  transport::Bytes body;
  REQUIRE(transport::encode(reply, body));
  CHECK(body.size() <= transport::max_body);
}

TEST_CASE("an answer that the protocol has no room for ends the connection, and is not the command's fault") {
  Guarded cluster;
  cluster.configuration.nodes[0].name = std::string(65, 'n');  // which the reader of configurations would not let in
  cluster.daemon.reset();
  cluster.start();
  const auto command = cluster.ask_as(user, transport::StatusRequest{"0-3"});
  CHECK(command->closed());
  CHECK(command->received.empty());
  CHECK(cluster.refused("unanswerable") == 1);
  for (const char* other : {"malformed", "not_reading", "idle", "busy"})
    CHECK_MESSAGE(cluster.refused(other) == 0, other);
  CHECK(cluster.ask_as(user, transport::StatusRequest{"1-3"})->take<transport::StatusReply>().size() == 1);
}

TEST_CASE("a signal goes to the run of its own connection alone") {
  Guarded cluster;
  const auto node = cluster.bring_up(3);
  const auto run = cluster.ask_as(root, transport::RunRequest{.nodes = "3", .program = "/bin/foo"});
  const auto other = cluster.ask_as(root, transport::RunSignal{SIGTERM});
  CHECK(node->take<transport::Signal>().empty());
  run->send(transport::RunSignal{SIGTERM}, 1);
  cluster.turn();
  CHECK(node->take<transport::Signal>().size() == 1);
}

}  // namespace
