// When waiting for nodes ends, and who is told that a node has left the configuration.
#include <doctest/doctest.h>

#include "tests/unit/frontend_cluster.h"
#include "tests/unit/temporary_directory.h"

namespace {

using namespace fakes;

TEST_CASE("waiting for up ends at once when a node is in error, or gets into it") {
  Guarded cluster;
  const auto node = cluster.join(3);
  const auto early = cluster.ask_as(user, transport::WaitRequest{"2-3", "up", 0});
  const auto for_error = cluster.ask_as(user, transport::WaitRequest{"3", "error", 0});
  CHECK(early->received.empty());
  cluster.set_up(*node, false, "step home: refused");
  const auto late = cluster.ask_as(user, transport::WaitRequest{"2-3", "up", 0});
  for (Caller* caller : {early.get(), late.get()}) {
    const auto reply = caller->take<transport::StatusReply>();
    REQUIRE(reply.size() == 1);
    CHECK_FALSE(reply[0].satisfied);
    CHECK(reply[0].nodes.at(1).reason == "step home: refused");
  }
  CHECK(for_error->take<transport::StatusReply>().at(0).satisfied);
  const auto for_down = cluster.ask_as(user, transport::WaitRequest{"3", "down", 0});
  CHECK(for_down->received.empty());
}

TEST_CASE("waiting for up goes on when the plan runs again") {
  Guarded cluster;
  const auto node = cluster.join(3);
  cluster.set_up(*node, false, "step home: refused");
  const auto up = cluster.ask_as(root, transport::UpRequest{"3"});
  const auto wait = cluster.ask_as(user, transport::WaitRequest{"3", "up", 0});
  CHECK(wait->received.empty());
  cluster.set_up(*node);
  CHECK(wait->take<transport::StatusReply>().at(0).satisfied);
}

struct Reconfigured {
  fakes::TemporaryDirectory folder;
  const std::string path = folder / "cluster.toml";
  Cluster cluster;
  Reconfigured() { cluster.start(path); }
  void reload(const std::string& nodes) {
    cluster.kernel.files.put(path,
                             "insecure = true\n[front_end]\ninterface = \"eth0\"\naddress = \"10.9.0.1\"\n"
                             "control_socket = \"/run/nm/control.sock\"\n" +
                                 nodes);
    cluster.daemon->reload();
    cluster.turn();
  }
};
const std::string first_three = "[[nodes]]\nrange = \"0-2\"\nmac = \"52:54:00:09:00:00\"\naddress = \"10.9.1.0\"\n";

TEST_CASE("whoever waits for a node is told when it leaves the configuration") {
  Reconfigured test;
  const auto node = test.cluster.join(3);
  const auto wait_up = test.cluster.ask(transport::WaitRequest{"all", "up", 0});
  const auto wait_down = test.cluster.ask(transport::WaitRequest{"3", "down", 0});
  const auto others = test.cluster.ask(transport::WaitRequest{"0-2", "up", 0});
  const auto up = test.cluster.ask(transport::UpRequest{"3"});
  test.reload(first_three);
  for (Caller* caller : {wait_up.get(), wait_down.get()}) {
    const auto failure = caller->take<transport::Failure>();
    REQUIRE(failure.size() == 1);
    CHECK(failure[0].reason == "n3: no more in the configuration");
  }
  const auto result = up->take<transport::NodeResult>();
  REQUIRE(result.size() == 1);
  CHECK(result[0].reason == "down: no more in the configuration");
  CHECK(up->take<transport::Done>().size() == 1);
  CHECK(others->received.empty());
}

TEST_CASE("a node whose number goes to another machine is down, and waits count it so") {
  Reconfigured test;
  const auto node = test.cluster.bring_up(3);
  const auto other = test.cluster.bring_up(2);
  const auto wait = test.cluster.ask(transport::WaitRequest{"all", "up", 0});
  const auto down = test.cluster.ask(transport::WaitRequest{"3", "down", 0});
  test.reload(first_three + "[[nodes]]\nnode = 3\nmac = \"52:54:00:aa:00:03\"\naddress = \"10.9.1.3\"\n");
  CHECK(down->take<transport::StatusReply>().at(0).satisfied);
  const auto zero = test.cluster.bring_up(0);
  const auto one = test.cluster.bring_up(1);
  CHECK(wait->received.empty());
}

}  // namespace
