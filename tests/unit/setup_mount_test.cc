// Mount steps: what is there already, the server of an NFS mount, and the words for what goes wrong.
#include <doctest/doctest.h>

#include <cerrno>
#include <memory>

#include "setup/nfs.h"
#include "setup/step.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_hardware_clock.h"
#include "tests/fakes/fake_interfaces.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_machine.h"
#include "tests/fakes/fake_mounts.h"
#include "tests/fakes/fake_sockets.h"

using namespace setup;

namespace {

constexpr std::uint32_t server_ip = 0x0a090005;  // 10.9.0.5
const transport::MountStep home{"nfs1:/home", "/home", "nfs", "vers=4.2,proto=tcp,addr=10.9.0.5,ro", {}};

struct Node {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  fakes::FakeMounts mounts{faults};
  fakes::FakeMachine machine{faults};
  fakes::FakeLinks links{faults};
  fakes::FakeInterfaces interfaces{links, faults};
  fakes::FakeHardwareClock hardware_clock{faults};
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeSockets sockets{loop, faults};
  std::unique_ptr<sys::Listener> server;

  explicit Node(std::uint16_t port = 2049) {
    if (port != 0) server = *sockets.listen_tcp({server_ip, port}, 0);
    faults = {};  // what was asked so far, none of it by a step
  }
  sys::Result<StepOutcome> mount(const transport::MountStep& step) {
    return perform(step, {files, mounts, machine, interfaces, sockets, clock, hardware_clock});
  }
};

std::string failure_of(Node& node, const transport::MountStep& step) {
  const auto outcome = node.mount(step);
  return outcome ? "" : outcome.error().text();
}

transport::MountStep with_options(const std::string& options) { return {"nfs1:/home", "/home", "nfs", options}; }

}  // namespace

TEST_CASE("an NFS server is asked for before anything is mounted") {
  Node node;
  REQUIRE(node.mount(home));
  const std::vector<std::string> order = {"look for a mount on /home", "connect to 10.9.0.5:2049"};
  REQUIRE(node.faults.calls.size() > 2);
  CHECK(std::vector(node.faults.calls.begin(), node.faults.calls.begin() + 2) == order);
  CHECK(node.faults.calls.back() == "mount nfs1:/home on /home");

  Node other_port(20490);
  CHECK(other_port.mount(with_options("addr=10.9.0.5,port=20490")));
}

TEST_CASE("a server that is not there is told at once, and nothing is mounted") {
  Node refused(0);
  CHECK(failure_of(refused, home)
            .find("mount nfs1:/home on /home: NFS server nfs1 (10.9.0.5), port 2049: "
                  "the machine is there, and no NFS server on it: Connection refused") == 0);
  CHECK(refused.faults.count("mount") == 0);
  CHECK(refused.faults.count("make") == 0);

  Node silent(0);
  silent.sockets.make_silent({server_ip, 2049});
  CHECK(failure_of(silent, home).find("port 2049: no answer: is the server on, and in reach?") != std::string::npos);
  CHECK(silent.faults.count("mount") == 0);
}

TEST_CASE("only a server that listens by TCP, at an address that is known, is asked for") {
  for (const char* options : {"addr=10.9.0.5,proto=rdma", "addr=10.9.0.5,udp", "", "addr=nonsense"}) {
    CAPTURE(options);
    Node node(0);
    CHECK(node.mount(with_options(options)));
    CHECK(node.faults.count("connect") == 0);
  }
  Node other(0);
  CHECK(other.mount({"10.9.0.5:/home", "/home", "ext4", ""}));
  CHECK(other.faults.count("connect") == 0);
}

TEST_CASE("the server of a mount is named as the plan has it, with its address") {
  const auto named = nfs_server(home);
  REQUIRE(named);
  CHECK(named->name == "nfs1 (10.9.0.5)");
  CHECK(named->endpoint.ip == server_ip);
  CHECK(named->endpoint.port == 2049);
  CHECK(nfs_server({"10.9.0.5:/home", "/home", "nfs4", ""})->name == "10.9.0.5");
  CHECK(nfs_server(with_options("addr=10.9.0.5,port=0"))->endpoint.port == 2049);
  CHECK_FALSE(nfs_server({"tmpfs", "/home", "tmpfs", ""}));
}

TEST_CASE("a mount that hangs waits for its server") {
  transport::Step step;
  step.action = home;
  CHECK(waits_for(step) == "NFS server nfs1 (10.9.0.5)");
  step.action = transport::MountStep{"none", "/tmp", "tmpfs", ""};
  CHECK(waits_for(step).empty());
  step.action = transport::HostnameStep{"n3"};
  CHECK(waits_for(step).empty());
}

TEST_CASE("what the kernel says about an NFS mount is put in words") {
  const struct {
    int code;
    const char* words;
  } table[] = {
      {ENOENT, "the server has no such export"},
      {EACCES, "look at its exports"},
      {EPROTONOSUPPORT, "does not offer this version of NFS, or the node has no module"},
      {EINVAL, "refuses the version"},
      {ETIMEDOUT, "does not answer"},
      {ECONNREFUSED, "needs its rpcbind"},
  };
  for (const auto& row : table) {
    CAPTURE(row.words);
    Node node;
    node.mounts.refuse(row.code);
    const auto outcome = node.mount(home);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == row.code);
    CHECK_MESSAGE(outcome.error().text().find(row.words) != std::string::npos, outcome.error().text());
    // Elsewhere these numbers mean something else.
    CHECK(failure_of(node, {"none", "/tmp", "tmpfs", ""}).find(row.words) == std::string::npos);
  }
}

TEST_CASE("what is mounted already is left alone, and something else in its place is named") {
  Node node;
  REQUIRE(node.mount(home));
  node.server.reset();  // nobody has to be there for what is there
  const auto again = node.mount(home);
  REQUIRE(again);
  CHECK_FALSE(again->changed);

  auto other = home;
  other.source = "nfs2:/home";
  CHECK(failure_of(node, other).find("mount nfs2:/home on /home: nfs1:/home (nfs) is mounted there already") == 0);
  CHECK(node.mounts.all().size() == 1);
}
