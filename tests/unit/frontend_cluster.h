// nodemaster as a whole, on a kernel in memory: nodes and commands speak to it over connections.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>

#include "frontend/nodemaster/daemon.h"
#include "sys/text.h"
#include "tests/unit/frontend_fixture.h"

namespace fakes {

struct Cluster {
  fakes::Kernel kernel;
  frontend::Configuration configuration;
  std::optional<frontend::Daemon> daemon;

  Cluster() {
    configuration.name = "test";
    configuration.interface = "eth0";
    configuration.address = ip("10.9.0.1");
    configuration.control_socket = "/run/nm/control.sock";
    configuration.nodes = fakes::some_nodes(4);
  }
  void start(const std::string& path = "/etc/cluster.toml") {
    daemon.emplace(
        frontend::MasterSystem{kernel.loop, kernel.log, kernel.files, kernel.links, kernel.packets, kernel.sockets,
                               kernel.children, kernel.workers, kernel.spawner, kernel.machine},
        configuration, path);
    REQUIRE(daemon->start());
    kernel.loop.run_until_idle();
  }
  void turn() { kernel.loop.run_until_idle(); }

  std::unique_ptr<Caller> connect_node() {
    auto caller = std::make_unique<Caller>(kernel, kernel.sockets.connect_tcp({ip("10.9.0.1"), 2223}, 0),
                                           fakes::node_channel(kernel));
    turn();
    return caller;
  }
  std::unique_ptr<Caller> connect_command() {
    auto caller = std::make_unique<Caller>(kernel, kernel.sockets.connect_unix("/run/nm/control.sock"));
    turn();
    return caller;
  }
  // A node that has greeted.
  std::unique_ptr<Caller> join(unsigned number, std::uint64_t boot_id = 1) {
    auto node = connect_node();
    node->send(fakes::hello_of(number, boot_id));
    turn();
    return node;
  }
  // Carries out what the node is told to.
  void set_up(Caller& node, bool succeeded = true, const std::string& reason = "") {
    for (const auto& setup : node.take<transport::Setup>()) {
      node.send(transport::SetupDone{setup.plan, succeeded, reason});
      turn();
    }
  }
  std::unique_ptr<Caller> bring_up(unsigned number, std::uint64_t boot_id = 1) {
    auto node = join(number, boot_id);
    set_up(*node);
    return node;
  }
  std::unique_ptr<Caller> ask(const transport::Message& request) {
    auto command = connect_command();
    command->send(request, 1);
    turn();
    return command;
  }
  transport::NodeStatus status(unsigned number) {
    const auto reply = ask(transport::StatusRequest{sys::cat(number)})->take<transport::StatusReply>();
    REQUIRE(reply.size() == 1);
    return reply[0].nodes.at(0);
  }
};

// Who connects: a user, an admin, root.
const frontend::AdminGroup ops = {"ops", 50};
const FakeSockets::Process user = {.uid = 1000, .gid = 100, .groups = {4, 5}, .pid = 77};
const FakeSockets::Process admin = {.uid = 1001, .gid = 100, .groups = {4, 50}, .pid = 78};
const FakeSockets::Process root = {};

// The same with an admin group, for commands of several users.
struct Guarded : Cluster {
  Guarded() {
    configuration.admin_group = ops;
    start();
  }
  std::unique_ptr<Caller> connect_as(const FakeSockets::Process& process) {
    kernel.sockets.set_process(process);
    return connect_command();
  }
  std::unique_ptr<Caller> ask_as(const FakeSockets::Process& process, const transport::Message& request) {
    auto command = connect_as(process);
    command->send(request, 1);
    turn();
    return command;
  }
  std::string failure_of(Caller& command) {
    const auto failures = command.take<transport::Failure>();
    return failures.empty() ? "" : failures[0].reason;
  }
  std::uint64_t metric(const std::string& name, const std::string& label = "") {
    const auto reply = ask_as(root, transport::MetricsRequest{})->take<transport::MetricsReply>();
    REQUIRE(reply.size() == 1);
    for (const transport::Metric& metric : reply[0].entries) {
      const std::string value = metric.labels.empty() ? "" : metric.labels[0].value;
      if (metric.name == name && value == label) return metric.value;
    }
    FAIL("no metric ", name, " ", label);
    return 0;
  }
  std::uint64_t refused(const std::string& reason) { return metric("nodemaster_refused_requests_total", reason); }
};

}  // namespace fakes
