// Who may ask for what on the control socket.
#include "frontend/nodemaster/roles.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "sys/text.h"
#include "tests/unit/frontend_cluster.h"
#include "tests/unit/temporary_directory.h"
#include "transport/codec.h"

namespace {

using namespace std::chrono_literals;
using namespace fakes;
using frontend::AdminGroup;
using frontend::Role;

// One of every request, so that none is forgotten.
template <class... T> std::vector<transport::Message> requests(const std::variant<T...>*) {
  std::vector<transport::Message> all;
  for (const transport::Message& message : {transport::Message(T{})...}) {
    const auto number = transport::number_of(message);
    if (number >= 200 && number < 250) all.push_back(message);
  }
  return all;
}
const auto all_requests = requests(static_cast<transport::Message*>(nullptr));

std::string refusal_of(const transport::Message& request, const frontend::Credentials& caller,
                       const std::optional<AdminGroup>& admins = ops) {
  const auto status = frontend::check_permission(request, caller, admins);
  return status ? "" : status.error().what;
}

TEST_CASE("a role comes from the uid, the group, or a supplementary group") {
  CHECK(frontend::role_of({0, 0}, ops) == Role::root);
  CHECK(frontend::role_of({0, 0}, std::nullopt) == Role::root);
  CHECK(frontend::role_of({1000, 50}, ops) == Role::admin);
  CHECK(frontend::role_of({1000, 100, {1, 50}}, ops) == Role::admin);
  CHECK(frontend::role_of({1000, 100, {1, 5}}, ops) == Role::anyone);
  CHECK(frontend::role_of({1000, 50, {50}}, std::nullopt) == Role::anyone);
  CHECK(frontend::role_of({50, 0, {0}}, ops) == Role::anyone);
}

TEST_CASE("every request is in the table of permissions, once") {
  std::set<std::uint16_t> listed;
  for (const auto& permission : frontend::permissions()) {
    if (!permission.concerns) CHECK(listed.insert(permission.request).second);
  }
  CHECK(listed.size() == all_requests.size());
  for (const auto& request : all_requests)
    CHECK(frontend::find_permission(request) != nullptr);
}

TEST_CASE("a request that is not in the table is root's") {
  CHECK(refusal_of(transport::Ping{}, {0, 0}) == "");
  CHECK(refusal_of(transport::Ping{}, {1000, 50}) == "permission denied: 'Ping' needs root (you are uid 1000)");
}

TEST_CASE("a refusal says who may") {
  CHECK(refusal_of(transport::UpRequest{}, {1000, 100}) ==
        "permission denied: 'up' needs root or a member of group ops (you are uid 1000)");
  CHECK(refusal_of(transport::PowerRequest{"all", transport::PowerChange::power_off}, {1000, 100}) ==
        "permission denied: 'poweroff' needs root or a member of group ops (you are uid 1000)");
  CHECK(refusal_of(transport::PowerRequest{}, {1000, 100}, std::nullopt) ==
        "permission denied: 'reboot' needs root, as cluster.toml names no admin_group (you are uid 1000)");
}

// Rows "| StatusRequest | status | anyone |" of the section on the control socket.
TEST_CASE("the security document has the table of permissions that the code has") {
  std::ifstream file("docs/SECURITY.md");
  REQUIRE_MESSAGE(file, "run in the top of the tree");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  std::vector<std::string> documented;
  for (const auto line : sys::split(document, '\n')) {
    const auto cells = sys::split(line, '|');
    if (cells.size() != 5) continue;
    const auto name = sys::trim(cells[1]);
    if (!name.ends_with("Request") && !name.starts_with("Run")) continue;
    documented.push_back(sys::cat(name, " ", sys::trim(cells[2]), ": ", sys::trim(cells[3])));
  }
  std::vector<std::string> coded;
  for (const auto& row : frontend::permissions())
    coded.push_back(
        sys::cat(transport::name_of_number(row.request), " ", row.verbs, ": ", frontend::role_name(row.least)));
  CHECK(documented == coded);
}

// What belongs to a run that is under way.
constexpr std::uint16_t unanswered[] = {transport::RunSignal::number, transport::RunGhosts::number,
                                        transport::RunInput::number,  transport::RunCredit::number,
                                        transport::RunAck::number,    transport::RunResize::number};

TEST_CASE("requests are carried out or refused by the role of who asks") {
  for (const auto& request : all_requests) {
    const auto& permission = *frontend::find_permission(request);
    if (std::find(std::begin(unanswered), std::end(unanswered), permission.request) != std::end(unanswered)) continue;
    for (const auto& [process, role] : {std::pair(user, Role::anyone), std::pair(admin, Role::admin)}) {
      Guarded cluster;
      CAPTURE(permission.verbs);
      const std::string failure = cluster.failure_of(*cluster.ask_as(process, request));
      CHECK((failure.find("permission denied") == 0) == (role < permission.least));
      CHECK(cluster.refused("permission") == (role < permission.least ? 1 : 0));
    }
  }
}

TEST_CASE("one request may be of different roles: nodes are given away by root alone") {
  using transport::NodeRight;
  CHECK(refusal_of(transport::RightsRequest{"0", NodeRight::owner, 1}, {1000, 50}) ==
        "permission denied: 'chown' needs root (you are uid 1000)");
  CHECK(refusal_of(transport::RightsRequest{"0", NodeRight::group, 1}, {1000, 50}) ==
        "permission denied: 'chgrp' needs root (you are uid 1000)");
  CHECK(refusal_of(transport::RightsRequest{"0", NodeRight::owner, 1}, {0, 0}) == "");
  CHECK(refusal_of(transport::RightsRequest{"0", NodeRight::mode, 1}, {1000, 100}) == "");
}

TEST_CASE("a refused command may ask for something else") {
  Guarded cluster;
  const auto command = cluster.ask_as(user, transport::UpRequest{"all"});
  CHECK(cluster.failure_of(*command).find("permission denied: 'up'") == 0);
  command->send(transport::StatusRequest{"all"}, 2);
  cluster.turn();
  CHECK(command->take<transport::StatusReply>().size() == 1);
}

TEST_CASE("what is refused is logged with uid and pid, but not without end") {
  Guarded cluster;
  const auto command = cluster.connect_as(user);
  for (int i = 0; i < 100; ++i)
    command->send(transport::UpRequest{"all"}, 1);
  cluster.turn();
  CHECK(cluster.kernel.logged("process 77 of uid 1000: permission denied: 'up'") == 30);
  CHECK(cluster.kernel.logged("further ones are not shown for a minute") == 1);
  CHECK(cluster.refused("permission") == 100);
  cluster.kernel.loop.advance(1min);
  cluster.ask_as(user, transport::UpRequest{"all"});
  CHECK(cluster.kernel.logged("process 77 of uid 1000: permission denied: 'up'") == 31);
}

TEST_CASE("a changed admin group holds from the reload on, for commands that are connected as well") {
  fakes::TemporaryDirectory folder;
  const std::string path = folder / "cluster.toml";
  Cluster cluster;
  cluster.start(path);
  const auto reload = [&](const std::string& key) {
    cluster.kernel.files.put(path,
                             "insecure = true\n[front_end]\ninterface = \"eth0\"\naddress = \"10.9.0.1\"\n"
                             "control_socket = \"/run/nm/control.sock\"\n" +
                                 key +
                                 "[[nodes]]\nrange = \"0-3\"\nmac = \"52:54:00:09:00:00\"\naddress = \"10.9.1.0\"\n");
    cluster.daemon->reload();
    cluster.turn();
  };
  cluster.kernel.sockets.set_process({.uid = 1000, .gid = 0});  // group root: every machine has it
  const auto command = cluster.connect_command();
  const auto refusal = [&] {
    command->send(transport::PowerRequest{"3"}, 1);
    cluster.turn();
    const auto failure = command->take<transport::Failure>();
    return failure.empty() ? std::string() : failure[0].reason;
  };
  CHECK(refusal().find("cluster.toml names no admin_group") != std::string::npos);
  reload("admin_group = \"root\"\n");
  CHECK(refusal() == "");
  reload("admin_group = \"no-such-group\"\n");
  CHECK(cluster.kernel.logged("cluster.toml:6: admin_group: there is no group 'no-such-group'") == 1);
  CHECK(refusal() == "");
  reload("admin_group = \"daemon\"\n");
  CHECK(refusal().find("member of group daemon") != std::string::npos);
}

TEST_CASE("a program runs with the groups of its caller") {
  Guarded cluster;
  const auto node = cluster.bring_up(3);
  cluster.ask_as(root, transport::RightsRequest{"3", transport::NodeRight::owner, 1001});
  const auto command = cluster.ask_as(admin, transport::RunRequest{.nodes = "3", .program = "/bin/foo"});
  const auto launch = node->take<transport::Launch>();
  REQUIRE(launch.size() == 1);
  CHECK(launch[0].uid == 1001);
  CHECK(launch[0].gid == 100);
  CHECK(launch[0].groups == std::vector<std::uint32_t>{4, 50});
}

}  // namespace
