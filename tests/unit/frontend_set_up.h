// Node 3 as it is set up: the parts of nodemaster that do that, on a kernel in memory.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "frontend/nodemaster/node_up.h"
#include "tests/unit/frontend_fixture.h"

namespace fakes {

inline frontend::PlanStep directory(const std::string& name) {
  frontend::PlanStep step;
  step.step.name = name;
  step.step.action = transport::DirectoryStep{.path = "/" + name};
  return step;
}

inline frontend::PlanStep here(const std::string& name, transport::OnFailure on_failure, unsigned retries = 0) {
  frontend::PlanStep step;
  step.step.name = name;
  step.step.timeout_ms = 5000;
  step.step.retries = retries;
  step.step.on_failure = on_failure;
  step.step.action = transport::RunStep{.program = "/bin/x", .arguments = {"/bin/x"}, .environment = {}, .files = {}};
  step.on_front_end = true;
  return step;
}

// Node 3 has joined and is to be set up.
struct SetUp {
  Kernel kernel;
  RecordedLinks links;
  frontend::NodeTable table{kernel.clock, kernel.log};
  frontend::ContentStore store;
  frontend::PlanResolver plans{kernel.loop, kernel.workers, store};
  frontend::LocalPrograms programs{kernel.loop, kernel.spawner, kernel.children};
  frontend::NodeLogs logs;
  frontend::Counters counters;
  frontend::NodePrograms node_programs{kernel.loop, kernel.log, logs, counters, programs};
  frontend::DownHooks down{kernel.log, kernel.files, table, node_programs};
  frontend::NodeUp node_up{kernel.loop, kernel.log, kernel.files, table, links, plans, node_programs, down};

  SetUp() {
    table.configure(some_nodes(4));
    table.set_hello(3, hello_of(3, 1));
  }
  void begin(std::vector<frontend::PlanStep> plan) {
    plans.set_plan(std::move(plan));
    node_up.begin(3);
    kernel.loop.run_until_idle();
  }
  // The one Setup message that has been sent since.
  transport::Setup setup() {
    const auto sent = links.take<transport::Setup>(3);
    REQUIRE(sent.size() == 1);
    return sent[0];
  }
  void done(const transport::Setup& setup, bool succeeded, const std::string& reason = "") {
    node_up.on_done(3, transport::SetupDone{setup.plan, succeeded, reason});
    kernel.loop.run_until_idle();
  }
  int newest_program() { return kernel.spawner.pids().back(); }
  void end_program(int status) {
    const int pid = newest_program();
    kernel.spawner.execute(pid);
    kernel.spawner.end(pid, status);
    kernel.loop.run_until_idle();
  }
  std::vector<std::string> log_of(transport::NodeNumber node) const {
    std::uint64_t cursor = 0;
    std::vector<std::string> lines;
    for (const transport::LogEntry& line : logs.read(node, cursor).lines)
      lines.push_back(line.text);
    return lines;
  }
  transport::NodeState state() const { return table.find(3)->state; }
  std::string reason() const { return table.find(3)->reason; }
};

}  // namespace fakes
