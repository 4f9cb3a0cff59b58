#include "frontend/nodemaster/node_up.h"

#include <doctest/doctest.h>

#include <fstream>

#include "sys/text.h"
#include "tests/unit/frontend_fixture.h"
#include "tests/unit/temporary_directory.h"

namespace {

using namespace std::chrono_literals;
using frontend::PlanStep;
using transport::NodeState;
using transport::Setup;
using transport::SetupDone;

PlanStep directory(const std::string& name) {
  PlanStep step;
  step.step.name = name;
  step.step.action = transport::DirectoryStep{.path = "/" + name};
  return step;
}

PlanStep here(const std::string& name, transport::OnFailure on_failure, unsigned retries = 0) {
  PlanStep step;
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
  fakes::Kernel kernel;
  fakes::RecordedLinks links;
  frontend::NodeTable table{kernel.clock, kernel.log};
  frontend::ContentStore store;
  frontend::PlanResolver plans{kernel.loop, kernel.workers, store};
  frontend::LocalPrograms programs{kernel.loop, kernel.spawner, kernel.children, kernel.log};
  frontend::NodeUp node_up{kernel.loop, kernel.log, kernel.files, table, links, plans, programs, ""};

  SetUp() {
    table.configure(fakes::some_nodes(4));
    table.set_hello(3, fakes::hello_of(3, 1));
  }
  void begin(std::vector<PlanStep> plan) {
    plans.set_plan(std::move(plan));
    node_up.begin(3);
    kernel.loop.run_until_idle();
  }
  // The one Setup message that has been sent since.
  Setup setup() {
    const auto sent = links.take<Setup>(3);
    REQUIRE(sent.size() == 1);
    return sent[0];
  }
  void done(const Setup& setup, bool succeeded, const std::string& reason = "") {
    node_up.on_done(3, SetupDone{setup.plan, succeeded, reason});
    kernel.loop.run_until_idle();
  }
  int newest_program() { return kernel.spawner.pids().back(); }
  void end_program(int status) {
    const int pid = newest_program();
    kernel.spawner.execute(pid);
    kernel.spawner.end(pid, status);
    kernel.loop.run_until_idle();
  }
  NodeState state() const { return table.find(3)->state; }
  std::string reason() const { return table.find(3)->reason; }
};

TEST_CASE("a node is up when it has carried out the plan") {
  SetUp at;
  at.begin({directory("a"), directory("b")});
  CHECK(at.state() == NodeState::boot);
  CHECK(at.reason() == "step a");
  const Setup setup = at.setup();
  CHECK(setup.last);
  REQUIRE(setup.steps.size() == 2);
  CHECK(setup.steps[1].name == "b");
  at.kernel.clock.advance(2s);
  at.done(setup, true);
  CHECK(at.state() == NodeState::up);
  CHECK(at.table.find(3)->set_up_in == 1);
  CHECK(at.table.find(3)->boot_us == 3'000'000);  // 1 s when it said hello, and 2 s since
  CHECK(at.node_up.running() == 0);
}

TEST_CASE("while a step is tried again, the node's reason says why") {
  SetUp at;
  at.begin({directory("a")});
  const Setup setup = at.setup();
  transport::StepReport report{.plan = setup.plan, .name = "a", .outcome = transport::Outcome::running, .attempt = 1};
  report.reason = "mkdir /a: Read-only file system (errno 30); again in 1 s";
  at.node_up.on_report(3, report);
  CHECK(at.reason() == "step a: mkdir /a: Read-only file system (errno 30); again in 1 s");
  CHECK(at.state() == NodeState::boot);
}

TEST_CASE("the node's own record of when it was up counts") {
  SetUp at;
  at.begin({});
  at.done(at.setup(), true);
  at.table.add_record(3, {0, {{"start", 0, 10, transport::Outcome::done, ""}}});
  at.table.add_record(3, {1, {{"up", 1'500'000, 1'500'000, transport::Outcome::done, ""}}});
  CHECK(at.table.find(3)->boot_us == 1'500'000);
}

TEST_CASE("a step that fails makes the node's state, with its reason") {
  SetUp at;
  at.begin({directory("a")});
  at.done(at.setup(), false, "step a: mkdir /a: Read-only file system (errno 30)");
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason() == "step a: mkdir /a: Read-only file system (errno 30)");
  CHECK(at.table.find(3)->set_up_in == 0);
}

TEST_CASE("answers to an earlier set-up are not taken for this one's") {
  SetUp at;
  at.begin({directory("a")});
  const Setup old = at.setup();
  at.node_up.begin(3);
  at.kernel.loop.run_until_idle();
  const Setup now = at.setup();
  CHECK(now.plan != old.plan);
  at.done(old, false, "stale");
  CHECK(at.state() == NodeState::boot);
  at.done(now, true);
  CHECK(at.state() == NodeState::up);
  at.done(now, false, "twice");
  CHECK(at.state() == NodeState::up);
}

TEST_CASE("steps of the front end run in between, with the node's facts") {
  SetUp at;
  at.begin({directory("a"), here("licence", transport::OnFailure::error), directory("b")});
  const Setup first = at.setup();
  CHECK_FALSE(first.last);
  at.done(first, true);
  CHECK(at.reason() == "step licence (front end)");
  const auto& spec = at.kernel.spawner.spec(at.newest_program());
  CHECK(spec.path == "/bin/x");
  const auto& env = spec.environment;
  for (const char* fact :
       {"NODE=3", "NODE_NAME=n3", "NODE_ADDRESS=10.9.1.3", "NODE_MAC=52:54:00:09:00:03", "NODE_STATE=boot"}) {
    CHECK_MESSAGE(std::find(env.begin(), env.end(), fact) != env.end(), fact);
  }
  CHECK(at.links.take<Setup>(3).empty());
  at.end_program(fakes::exited(0));
  const Setup second = at.setup();
  CHECK(second.plan == first.plan);
  CHECK(second.last);
  CHECK(second.steps.at(0).name == "b");
  at.done(second, true);
  CHECK(at.state() == NodeState::up);
  REQUIRE(at.table.find(3)->here.size() == 1);
  CHECK(at.table.find(3)->here[0].name == "front end: step licence");
}

TEST_CASE("a step of the front end is retried, then fails or is ignored") {
  SetUp at;
  at.begin({here("x", transport::OnFailure::error, 1)});
  at.end_program(fakes::exited(1));
  CHECK(at.kernel.spawner.pids().size() == 2);
  at.end_program(fakes::exited(3));
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason() == "step x: exit status 3");
  at.begin({here("x", transport::OnFailure::go_on)});
  at.end_program(fakes::exited(1));
  at.done(at.setup(), true);
  CHECK(at.state() == NodeState::up);
}

TEST_CASE("a program of the front end is killed at its limit") {
  SetUp at;
  at.begin({here("x", transport::OnFailure::error)});
  at.kernel.spawner.execute(at.newest_program());
  at.kernel.loop.advance(5s);
  const int pid = at.newest_program();
  CHECK(at.kernel.faults.count(sys::cat("signal 9 to group ", pid)) == 1);
  at.kernel.spawner.end(pid, fakes::killed_by(9));
  at.kernel.loop.run_until_idle();
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason() == "step x: took longer than its time limit and was killed");
}

TEST_CASE("hooks follow the plan, by name, and the node has the last word") {
  SetUp at;
  at.kernel.files.put("/d/20-b", "#!/bin/sh\n", 0755);
  at.kernel.files.put("/d/10-a", "#!/bin/sh\n", 0755);
  at.kernel.files.put("/d/README", "not a hook\n", 0644);
  at.kernel.files.put("/d/.hidden", "", 0755);
  at.kernel.files.put("/d/10-a~", "", 0755);
  at.node_up.set_hooks("/d");
  at.begin({directory("a")});
  const Setup plan = at.setup();
  CHECK_FALSE(plan.last);
  at.done(plan, true);
  CHECK(at.kernel.spawner.spec(at.newest_program()).path == "/d/10-a");
  at.kernel.spawner.write_output(at.newest_program(), "registered\n");
  at.end_program(fakes::exited(0));
  CHECK(at.kernel.logged("n3: hook 10-a: registered") == 1);
  CHECK(at.kernel.spawner.spec(at.newest_program()).path == "/d/20-b");
  CHECK(at.state() == NodeState::boot);
  at.end_program(fakes::exited(0));
  const Setup last = at.setup();
  CHECK(last.last);
  CHECK(last.steps.empty());
  at.done(last, true);
  CHECK(at.state() == NodeState::up);
}

TEST_CASE("a hook that fails is the node's reason") {
  SetUp at;
  at.kernel.files.put("/d/10-foo", "", 0755);
  at.node_up.set_hooks("/d");
  at.begin({});
  at.end_program(fakes::exited(3));
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason() == "hook 10-foo: exit status 3");
}

TEST_CASE("hooks of many nodes run a few at a time") {
  SetUp at;
  at.kernel.files.put("/d/10-foo", "", 0755);
  at.node_up.set_hooks("/d");
  at.table.configure(fakes::some_nodes(40));
  for (unsigned node = 0; node < 40; ++node) {
    at.table.set_hello(node, fakes::hello_of(node, 1));
    at.node_up.begin(node);
  }
  at.kernel.loop.run_until_idle();
  CHECK(at.kernel.spawner.pids().size() == 16);
  at.end_program(fakes::exited(0));
  CHECK(at.kernel.spawner.pids().size() == 17);
}

TEST_CASE("a node that goes takes its set-up along") {
  SetUp at;
  at.begin({here("x", transport::OnFailure::error)});
  const int pid = at.newest_program();
  at.kernel.spawner.execute(pid);
  at.node_up.cancel(3);
  CHECK(at.kernel.faults.count(sys::cat("signal 9 to group ", pid)) == 1);
  at.kernel.spawner.end(pid, fakes::killed_by(9));
  at.kernel.loop.run_until_idle();
  CHECK(at.state() == NodeState::boot);
  CHECK(at.links.sent.empty());
}

// Of a step of one file.
transport::Content content_of(const transport::Step& step) {
  return std::get<transport::Content>(std::get<transport::FileStep>(step.action).entries.at(0).what);
}

TEST_CASE("a plan's files are hashed, sent as hashes, and served") {
  fakes::TemporaryDirectory folder;
  std::ofstream(folder / "motd") << "hello";
  PlanStep file;
  file.step.name = "motd";
  file.need = frontend::FileNeed{.source = folder / "motd", .path = "/etc/motd"};
  file.step.action = transport::FileStep{};
  SetUp at;
  at.begin({directory("a"), file});
  const Setup setup = at.setup();
  const auto content = content_of(setup.steps.at(1));
  CHECK(content.size == 5);
  const auto block = at.store.read({content.hash, 1, 4});
  CHECK(block.reason == "");
  REQUIRE(block.data.size() == 4);
  CHECK(block.data[0] == std::byte{'e'});
}

TEST_CASE("nodes that join together share one look at the files") {
  fakes::TemporaryDirectory folder;
  std::ofstream(folder / "motd") << "hello";
  PlanStep file;
  file.need = frontend::FileNeed{.source = folder / "motd", .path = "/etc/motd"};
  file.step.action = transport::FileStep{};
  SetUp at;
  at.plans.set_plan({file});
  for (unsigned node = 0; node < 4; ++node) {
    at.table.set_hello(node, fakes::hello_of(node, 1));
    at.node_up.begin(node);
  }
  at.kernel.loop.run_until_idle();
  CHECK(at.links.sent.size() == 4);
  CHECK(at.kernel.faults.count("worker") == 1);
  std::ofstream(folder / "motd") << "changed";
  at.kernel.clock.advance(1min);
  at.node_up.begin(0);
  at.kernel.loop.run_until_idle();
  CHECK(at.kernel.faults.count("worker") == 2);
  const auto sent = at.links.take<Setup>(0);
  CHECK(content_of(sent.back().steps[0]).size == 7);
}

TEST_CASE("a plan whose files cannot be read makes the node's state") {
  PlanStep file;
  file.step.name = "motd";
  file.need = frontend::FileNeed{.source = "/nonexistent/motd", .path = "/etc/motd"};
  file.step.action = transport::FileStep{};
  SetUp at;
  at.begin({file});
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason().find("step motd: ") == 0);
  CHECK(at.reason().find("No such file") != std::string::npos);

  SetUp hung;
  hung.kernel.workers.hang("reading the plan's files");
  hung.begin({file});
  hung.kernel.loop.advance(frontend::PlanResolver::deadline + 1min);
  CHECK(hung.state() == NodeState::error);
  CHECK(hung.reason().find("took too long") != std::string::npos);
}

}  // namespace
