// Who may start processes on which node, what changes that, and that it outlives nodemaster.
#include <doctest/doctest.h>

#include <cerrno>

#include "content/hash.h"
#include "frontend/nodemaster/node_changes.h"
#include "tests/unit/frontend_cluster.h"

namespace {

using namespace fakes;
using frontend::NodeChange;
using frontend::NodeChangeMap;
using frontend::NodeRights;
using transport::NodeRight;
using transport::NodeState;

constexpr char state_file[] = "/var/lib/nodemaster/nodes.toml";
const transport::RunRequest a_run = {.nodes = "3", .program = "/bin/foo"};

// Nodes with the mode that they have when nobody says another.
struct Owned : Guarded {
  Owned() { ask_as(root, transport::RightsRequest{"all", NodeRight::mode, 0110}); }
};

bool may_start(const NodeRights& rights, const frontend::Credentials& caller) {
  return bool(frontend::check_start(rights, caller));
}

// Why the one rank did not start; empty when it was launched.
std::string refusal_of(Caller& command) {
  for (const auto& end : command.take<transport::RunEnd>())
    return end.code == EACCES ? end.reason : sys::cat("code ", end.code, ": ", end.reason);
  return "";
}

std::vector<transport::NodeResult> results_of(Caller& command) { return command.take<transport::NodeResult>(); }

NodeChangeMap read_back(const std::string& text) {
  frontend::Problems problems;
  auto changes = frontend::parse_changes(text, "nodes.toml", problems);
  CHECK_FALSE(problems.errors());
  return changes;
}

TEST_CASE("rights: the first of owner, group and others that fits decides") {
  const frontend::Credentials owner{7, 1}, member{8, 1, {2, 50}}, primary{9, 50}, other{10, 1};
  for (const auto& [mode, who] : {std::pair(0100u, &owner), {0010u, &member}, {0010u, &primary}, {0001u, &other}}) {
    for (const auto* caller : {&owner, &member, &primary, &other}) {
      CAPTURE(mode);
      CAPTURE(caller->uid);
      const bool expected = caller == who || (mode == 0010 && caller->uid != 7 && caller->uid != 10);
      CHECK(may_start({.owner = 7, .group = 50, .mode = mode}, *caller) == expected);
    }
  }
}

TEST_CASE("rights: an owner who is in the group has the owner's bit only") {
  CHECK_FALSE(may_start({.owner = 7, .group = 50, .mode = 0011}, {7, 50}));
}

TEST_CASE("rights: root always may") { CHECK(may_start({.owner = 7, .group = 50, .mode = 0}, {0, 0})); }

TEST_CASE("rights: a rank on a node of somebody else's ends with EACCES, and says whose it is") {
  Owned cluster;
  const auto node = cluster.bring_up(3);
  CHECK(refusal_of(*cluster.ask_as(user, a_run)) ==
        "uid 1000 may not start processes there: owner 0, group 0, mode 0110");
  CHECK(node->take<transport::Launch>().empty());
  cluster.ask_as(root, transport::RightsRequest{"3", NodeRight::owner, 1000});
  CHECK(refusal_of(*cluster.ask_as(user, a_run)) == "");
  CHECK(node->take<transport::Launch>().size() == 1);
}

TEST_CASE("rights: what a node's rights refuse is counted and logged, once for a request") {
  Owned cluster;
  const auto third = cluster.bring_up(3);
  const auto second = cluster.bring_up(2);
  cluster.ask_as(user, {transport::RunRequest{.nodes = "2-3", .program = "/bin/foo"}});
  CHECK(cluster.refused("permission") == 1);
  CHECK(cluster.kernel.logged("process 77 of uid 1000: permission denied: node 2: uid 1000 may not start") == 1);
  cluster.ask_as(user, transport::RightsRequest{"all", NodeRight::mode, 0111});
  CHECK(cluster.refused("permission") == 2);
  CHECK(cluster.kernel.logged("process 77 of uid 1000: permission denied: 'chmod' is for the node's owner") == 1);
  for (const auto& process : {root, admin})
    cluster.ask_as(process, transport::RightsRequest{"3", NodeRight::mode, 0111});
  cluster.ask_as(user, a_run);
  CHECK(cluster.refused("permission") == 2);
}

TEST_CASE("rights: who asks for somebody else's job is counted and logged") {
  Owned cluster;
  const auto node = cluster.bring_up(3);
  const auto started = cluster.ask_as(root, a_run)->take<transport::RunStarted>();
  REQUIRE(started.size() == 1);
  const auto thief = cluster.ask_as(user, transport::RunAttach{.job = started[0].job, .nodes = {3}});
  CHECK(cluster.failure_of(*thief).find("is somebody else's") != std::string::npos);
  CHECK(cluster.refused("permission") == 1);
  CHECK(cluster.kernel.logged("process 77 of uid 1000: permission denied: job ") == 1);
}

TEST_CASE("rights: each request of a command is counted for itself, and a node that is down refuses nobody") {
  Owned cluster;
  const auto command = cluster.connect_as(user);
  for (std::uint64_t request = 1; request <= 2; ++request) {
    command->send(transport::RightsRequest{"3", NodeRight::mode, 0111}, request);
    cluster.turn();
  }
  cluster.ask_as(user, a_run);
  CHECK(cluster.refused("permission") == 2);
}

TEST_CASE("the log says who has changed what of nodes") {
  Owned cluster;
  const auto said = [&](std::string_view text) { return cluster.kernel.logged(text, sys::Severity::notice); };
  const auto node = cluster.bring_up(3);
  cluster.ask_as(admin, transport::AvailabilityRequest{"3", false});
  CHECK(said("process 78 of uid 1001: makes nodes 3 unavailable") == 1);
  cluster.ask_as(root, transport::RightsRequest{"1-3", NodeRight::owner, 1000});
  CHECK(said("of uid 0: makes nodes 1-3 have owner 1000") == 1);
  cluster.ask_as(user, transport::RightsRequest{"all", NodeRight::mode, 0100});
  CHECK(said("process 77 of uid 1000: makes nodes all have mode 0100") == 1);
  cluster.ask_as(admin, transport::UpRequest{"3"});
  CHECK(said("process 78 of uid 1001: sets up nodes 3") == 1);
  cluster.ask_as(admin, transport::PowerRequest{"3", transport::PowerChange::restart});
  CHECK(said("process 78 of uid 1001: restarts nodes 3") == 1);
  CHECK(cluster.status(3).reason == "restarting, as asked");
}

TEST_CASE("the log is not filled by a node's owner, and what changes nothing is not in it") {
  Owned cluster;
  const auto said = [&](std::string_view text) { return cluster.kernel.logged(text, sys::Severity::notice); };
  cluster.ask_as(user, transport::RightsRequest{"3", NodeRight::mode, 0100});
  CHECK(said("of uid 1000: makes") == 0);
  cluster.ask_as(root, transport::RightsRequest{"3", NodeRight::owner, 1000});
  for (int i = 0; i < 40; ++i)
    cluster.ask_as(user, transport::RightsRequest{"3", NodeRight::mode, 0100});
  CHECK(said("of uid 1000: makes nodes 3") == 30);
  cluster.ask_as(root, transport::RightsRequest{"3", NodeRight::mode, 0110});
  CHECK(said("of uid 0: makes nodes 3 have mode 0110") == 1);
}

TEST_CASE("rights: root gives nodes away, and nobody else") {
  Owned cluster;
  for (const NodeRight right : {NodeRight::owner, NodeRight::group}) {
    for (const auto& process : {user, admin}) {
      const auto command = cluster.ask_as(process, transport::RightsRequest{"3", right, 1000});
      CHECK(cluster.failure_of(*command).find("permission denied: 'ch") == 0);
    }
    CHECK(results_of(*cluster.ask_as(root, transport::RightsRequest{"3", right, 1000})).at(0).succeeded);
  }
  CHECK(cluster.status(3).owner == 1000);
  CHECK(cluster.status(3).group == 1000);
}

TEST_CASE("rights: the mode is the owner's, the admins' and root's to change") {
  Owned cluster;
  const auto chmod = [&](const auto& process, std::uint32_t mode) {
    return results_of(*cluster.ask_as(process, transport::RightsRequest{"3", NodeRight::mode, mode})).at(0);
  };
  CHECK_FALSE(chmod(user, 0111).succeeded);
  CHECK(chmod(user, 0111).reason ==
        "permission denied: 'chmod' is for the node's owner (uid 0), admins and root (you are uid 1000)");
  CHECK(chmod(admin, 0755).succeeded);
  CHECK(cluster.status(3).mode == 0111);
  cluster.ask_as(root, transport::RightsRequest{"3", NodeRight::owner, 1000});
  CHECK(chmod(user, 0100).succeeded);
  CHECK(cluster.status(3).mode == 0100);
}

TEST_CASE("rights: who is no admin brings to a path what stands at that path here, and nothing else") {
  Guarded cluster;
  const auto node = cluster.bring_up(3);
  const auto real = content::hash_file("/etc/passwd");
  REQUIRE(real);
  transport::RunRequest request{.nodes = "3", .program = "/etc/passwd", .files = {{"/etc/passwd", *real, 0755}}};
  request.sources = {"/etc/passwd"};
  cluster.ask_as(user, request);
  CHECK(node->take<transport::Launch>().size() == 1);
  request.files[0].content.hash[0] ^= 1;
  request.sources = {"/home/user/of-his-own"};
  const auto refused = cluster.ask_as(user, request);
  CHECK(cluster.failure_of(*refused).find("bring /etc/passwd to a node") == 0);
  CHECK(node->take<transport::Launch>().empty());
  cluster.ask_as(admin, request);
  CHECK(node->take<transport::Launch>().size() == 1);
}

TEST_CASE("rights: a command that goes while its files are looked at leaves nothing behind") {
  Guarded cluster;
  const auto node = cluster.bring_up(3);
  cluster.kernel.workers.hang("check places");
  const auto real = content::hash_file("/etc/passwd");
  transport::RunRequest request{.nodes = "3", .program = "/etc/passwd", .files = {{"/etc/passwd", *real, 0755}}};
  request.sources = {"/etc/passwd"};
  const auto command = cluster.ask_as(user, request);
  CHECK(cluster.kernel.workers.running() == 1);
  command->hang_up();
  cluster.turn();
  CHECK(cluster.kernel.workers.running() == 0);
  CHECK(node->take<transport::Launch>().empty());
}

TEST_CASE("rights: values that nobody can have are refused") {
  Owned cluster;
  for (const auto& request : {transport::RightsRequest{"3", NodeRight::owner, 0xffffffff},
                              transport::RightsRequest{"3", NodeRight::mode, 010000}}) {
    CHECK_FALSE(cluster.failure_of(*cluster.ask_as(root, request)).empty());
  }
}

TEST_CASE("an unavailable node keeps what runs and takes nothing new but root's") {
  Owned cluster;
  const auto node = cluster.bring_up(3);
  cluster.ask_as(root, transport::RightsRequest{"3", NodeRight::owner, 1001});
  const auto running = cluster.ask_as(admin, transport::RunRequest{.nodes = "3", .program = "/bin/foo"});
  node->take<transport::Launch>();
  CHECK(results_of(*cluster.ask_as(admin, transport::AvailabilityRequest{"3", false})).at(0).succeeded);
  CHECK(cluster.status(3).state == NodeState::unavailable);
  CHECK(running->take<transport::RunEnd>().empty());
  CHECK(refusal_of(*cluster.ask_as(admin, a_run)).find("node is unavailable: set so by an operator") !=
        std::string::npos);
  cluster.ask_as(root, a_run);
  CHECK(node->take<transport::Launch>().size() == 1);
  cluster.ask_as(admin, transport::AvailabilityRequest{"3", true});
  CHECK(cluster.status(3).state == NodeState::up);
  CHECK(cluster.status(3).reason == "");
}

TEST_CASE("an unavailable node is unavailable again whenever it would be up") {
  Owned cluster;
  cluster.ask_as(root, transport::AvailabilityRequest{"2-3", false});
  CHECK(cluster.status(3).state == NodeState::down);
  auto node = cluster.bring_up(3);
  CHECK(cluster.status(3).state == NodeState::unavailable);
  node->hang_up();
  cluster.turn();
  CHECK(cluster.status(3).state == NodeState::down);
  node = cluster.join(3);
  CHECK(cluster.status(3).state == NodeState::unavailable);
  const auto again = cluster.ask_as(root, transport::UpRequest{"3"});
  cluster.set_up(*node);
  CHECK(results_of(*again).at(0).succeeded);
}

TEST_CASE("waiting for an unavailable node to be up is in vain, and ends") {
  Owned cluster;
  cluster.ask_as(root, transport::AvailabilityRequest{"3", false});
  const auto waiting = cluster.ask_as(user, transport::WaitRequest{"3", "up", 0});
  CHECK(waiting->take<transport::StatusReply>().empty());
  const auto node = cluster.bring_up(3);
  const auto reply = waiting->take<transport::StatusReply>();
  REQUIRE(reply.size() == 1);
  CHECK_FALSE(reply[0].satisfied);
}

TEST_CASE("what was changed is known to the next nodemaster") {
  Owned cluster;
  cluster.ask_as(root, transport::RightsRequest{"1-2", NodeRight::owner, 1000});
  cluster.ask_as(root, transport::RightsRequest{"2", NodeRight::mode, 0001});
  cluster.ask_as(root, transport::AvailabilityRequest{"0", false});
  cluster.daemon.reset();
  cluster.kernel.sockets.set_process(root);
  cluster.start();
  CHECK(cluster.status(1).owner == 1000);
  CHECK(cluster.status(1).mode == 0110);
  CHECK(cluster.status(2).owner == 1000);
  CHECK(cluster.status(2).mode == 0001);
  const auto node = cluster.bring_up(0);
  CHECK(cluster.status(0).state == NodeState::unavailable);
}

TEST_CASE("a change that cannot be written down is said, and holds meanwhile") {
  Owned cluster;
  cluster.kernel.files.put("/var/lib/nodemaster", "a file, and no directory");
  const auto result = results_of(*cluster.ask_as(root, transport::RightsRequest{"1", NodeRight::owner, 7})).at(0);
  CHECK_FALSE(result.succeeded);
  CHECK(result.reason.find("done, but only until nodemaster ends: ") == 0);
  CHECK(cluster.status(1).owner == 7);
}

TEST_CASE("a broken state file is said and put aside; the configuration's rights hold") {
  for (const char* broken : {"[[nodes]\n", "[[nodes]]\nrange = \"0-\"\n", "[[nodes]]\nrange = \"0\"\nowner = -1\n",
                             "[[nodes]]\nrange = \"1\"\nowner = 5\n[[nodes]]\nrange = \"0\"\ncolour = 1\n"}) {
    CAPTURE(broken);
    Cluster cluster;
    cluster.kernel.files.put(state_file, broken);
    cluster.start();
    CHECK(cluster.kernel.logged("nodes.toml:", sys::Severity::error) >= 1);
    CHECK(cluster.kernel.logged("are as in the configuration") == 1);
    CHECK(cluster.status(1).owner == 0);
    CHECK(*cluster.kernel.files.read(std::string(state_file) + ".broken", 1000) == broken);
  }
}

TEST_CASE("the state file: what is written is read back, ranges together") {
  const NodeChange alice{.owner = 1000, .mode = 0100};
  const NodeChangeMap changes = {
      {0, alice}, {1, alice}, {2, {.available = false}}, {4, alice}, {65535, {.group = 0xfffffffe}}};
  const std::string text = frontend::format_changes(changes);
  CHECK(read_back(text) == changes);
  CHECK(text.find("range = \"0-1\"\nowner = 1000\nmode = \"0100\"\n") != std::string::npos);
  CHECK(read_back(frontend::format_changes({})).empty());
}

}  // namespace
