// Networks beside the one that the node has booted from.
#include "tests/unit/setup_fixture.h"

using namespace setup;
using Node = StepNode;

namespace {

using Calls = std::vector<std::string>;

// The changes among what was asked of the kernel.
Calls changes(const Node& node) {
  Calls calls;
  for (const std::string& call : node.faults.calls)
    if (!call.starts_with("list ") && !call.starts_with("look at ")) calls.push_back(call);
  return calls;
}

}  // namespace

TEST_CASE("an interface is set up with all that the step says") {
  Node node;
  const auto outcome = perform(interface_step, node.system);
  REQUIRE(outcome);
  CHECK(outcome->remark ==
        "mtu 9000, up, 10.10.0.7/16, route 10.20.0.0/16 via 10.10.0.254, route default via 10.10.0.253");
  CHECK(changes(node) == Calls{"set mtu 9000 of 1", "set up link 1", "add address 10.10.0.7/16 on 1",
                               "route 10.20.0.0/16 via 10.10.0.254 on 1", "route 0.0.0.0/0 via 10.10.0.253 on 1"});
}

TEST_CASE("of an interface only what differs is changed") {
  Node node;
  REQUIRE(perform(interface_step, node.system));
  node.faults.calls.clear();
  REQUIRE(perform(interface_step, node.system));
  CHECK(changes(node) == Calls{});

  auto other = interface_step;
  other.routes[1].gateway = 0x0a0a00fc;
  other.mtu = 0;
  REQUIRE(perform(other, node.system));
  CHECK(changes(node) == Calls{"route 0.0.0.0/0 via 10.10.0.252 on 1"});

  node.faults.calls.clear();
  other.routes.clear();
  other.address++;
  const auto moved = perform(other, node.system);
  REQUIRE(moved);
  CHECK(moved->remark == "10.10.0.7/16 removed, 10.10.0.8/16");
  CHECK(changes(node) == Calls{"remove address 10.10.0.7/16 on 1", "add address 10.10.0.8/16 on 1"});
}

TEST_CASE("an interface is found by its hardware address") {
  Node node;
  auto step = interface_step;
  step.name.clear();
  step.mac = node.links.link(node.eth1).mac;
  REQUIRE(perform(step, node.system));
  CHECK(node.links.addresses == Calls{"10.10.0.7/16 on 1"});
}

TEST_CASE("an interface that is not there yet is an error, which may be tried again") {
  auto step = interface_step;
  step.name = "eth7";
  check_refused(performing(step), nothing, "there is no link eth7");
  step.name.clear();
  step.mac = {2, 0, 0, 0, 0, 9};
  check_refused(performing(step), nothing, "there is no link with address 02:00:00:00:00:09");
}

TEST_CASE("the address that the node has booted with is not touched") {
  Node node;
  REQUIRE(node.links.add_address(node.eth1, 0x0a090103, 16));
  node.system.boot_link = [&] { return node.eth1; };
  node.faults.calls.clear();
  const auto refused = perform(interface_step, node.system);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text() ==
        "eth1: the node has booted from it, and it keeps its address, which is not "
        "10.10.0.7/16: name another interface");
  CHECK(changes(node) == Calls{});

  // All else may be set, and the address may be named.
  for (const std::uint32_t address : {0u, 0x0a090103u}) {
    auto step = interface_step;
    step.address = address;
    step.mtu = 1400 + address % 2;
    REQUIRE(perform(step, node.system));
  }
  CHECK(node.links.addresses == Calls{"10.9.1.3/16 on 1"});
}
