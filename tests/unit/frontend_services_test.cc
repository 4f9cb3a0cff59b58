// What nodemaster knows of the nodes' services, and tells commands.
#include <doctest/doctest.h>

#include "frontend/nodemaster/node_services.h"
#include "tests/unit/frontend_cluster.h"

namespace {

using namespace fakes;
using transport::ServiceState;
using transport::ServiceStatus;

std::vector<transport::ServicesReply> services_of(Cluster& cluster, const std::string& nodes = "all") {
  const auto command = cluster.ask(transport::ServicesRequest{nodes});
  CHECK(command->take<transport::Done>().size() == 1);
  return command->take<transport::ServicesReply>();
}

TEST_CASE("services: nodes tell, and commands are told the newest") {
  Cluster cluster;
  cluster.start();
  CHECK(services_of(cluster).empty());
  const auto node = cluster.bring_up(3);
  node->send(transport::ServiceReport{{"syslog", ServiceState::starting, 0, 0, ""}});
  node->send(transport::ServiceReport{{"ntp", ServiceState::waiting, 0, 7, "exit\n1"}});
  node->send(transport::ServiceReport{{"syslog", ServiceState::running, 4711, 1, "since then"}});
  cluster.turn();
  const auto replies = services_of(cluster);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].node == 3);
  CHECK(replies[0].name == "n3");
  REQUIRE(replies[0].services.size() == 2);
  CHECK(replies[0].services[0].name == "ntp");
  CHECK(replies[0].services[0].reason == "exit\\x0a1");
  CHECK(replies[0].services[1].state == ServiceState::running);
  CHECK(replies[0].services[1].pid == 4711);
  CHECK(services_of(cluster, "0-2").empty());
}

TEST_CASE("services: what is known of a node goes with its connection") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  node->send(transport::ServiceReport{{"syslog", ServiceState::running, 4711, 0, ""}});
  cluster.turn();
  CHECK(services_of(cluster).size() == 1);
  node->hang_up();
  cluster.turn();
  CHECK(services_of(cluster).empty());
}

TEST_CASE("services: a node cannot fill nodemaster's memory, and what has ended makes room") {
  constexpr std::size_t most = frontend::NodeServices::max_services;
  frontend::NodeServices services;
  ServiceStatus status{.state = ServiceState::running, .reason = std::string(2048, 'x')};
  for (std::size_t i = 0; i < most; ++i) {
    status.name = sys::cat("s", i);
    CHECK(services.set(1, status));
  }
  status.name = "one more";
  CHECK_FALSE(services.set(1, status));
  CHECK(services.set(2, status));
  status.name = "s7";
  status.state = ServiceState::ended;
  CHECK(services.set(1, status));
  status.name = "one more";
  CHECK(services.set(1, status));
  CHECK(services.of(1).size() == most);
  CHECK(services.of(1)[0].reason.size() <= 512);
  services.forget(1);
  CHECK(services.of(1).empty());
  CHECK(services.of(2).size() == 1);
}

}  // namespace
