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
  frontend::LocalPrograms programs{kernel.loop, kernel.spawner, kernel.children};
  frontend::NodeLogs logs;
  frontend::Counters counters;
  frontend::NodePrograms node_programs{kernel.loop, kernel.log, logs, counters, programs};
  frontend::DownHooks down{kernel.log, kernel.files, table, node_programs};
  frontend::NodeUp node_up{kernel.loop, kernel.log, kernel.files, table, links, plans, node_programs, down};

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
  std::vector<std::string> log_of(transport::NodeNumber node) const {
    std::uint64_t cursor = 0;
    std::vector<std::string> lines;
    for (const transport::LogEntry& line : logs.read(node, cursor).lines)
      lines.push_back(line.text);
    return lines;
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
  CHECK(at.reason() == "step x: took longer than its time limit of 5 s and was killed");
}

TEST_CASE("hooks follow the plan, by name, and the node has the last word") {
  SetUp at;
  at.kernel.files.put("/d/20-b", "#!/bin/sh\n", 0755);
  at.kernel.files.put("/d/10-a", "#!/bin/sh\n", 0755);
  at.kernel.files.put("/d/README", "not a hook\n", 0644);
  at.kernel.files.put("/d/.hidden", "", 0755);
  at.kernel.files.put("/d/10-a~", "", 0755);
  at.node_up.set_hooks({.up = "/d", .down = {}});
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
  at.node_up.set_hooks({.up = "/d", .down = {}});
  at.begin({});
  at.end_program(fakes::exited(3));
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason() == "hook 10-foo: exit status 3");
  at.begin({});
  at.kernel.spawner.write_error(at.newest_program(), "looking\nno such zone");
  at.end_program(fakes::exited(3));
  CHECK(at.reason() == "hook 10-foo: exit status 3: no such zone");
  CHECK(at.counters.value(frontend::Counter::hook_up_failed) == 2);
  CHECK(at.log_of(3) == std::vector<std::string>{"hook 10-foo: looking", "hook 10-foo: no such zone"});
}

TEST_CASE("a hook is told of its node by its environment, and as JSON on its stdin") {
  SetUp at;
  at.kernel.files.put("/d/10-foo", "", 0755);
  at.node_up.set_hooks({.up = "/d", .down = {}});
  at.begin({});
  at.kernel.loop.run_until_idle();
  const auto& spec = at.kernel.spawner.spec(at.newest_program());
  const auto& env = spec.environment;
  for (const char* fact : {"HOOK=node_up", "NODE=3", "NODE_REASON=", "NODE_KERNEL=6.1.0", "NODE_ARCHITECTURE=x86_64",
                           "NODE_BOOT_SECONDS=1.0"}) {
    CHECK_MESSAGE(std::find(env.begin(), env.end(), fact) != env.end(), fact);
  }
  CHECK(spec.input ==
        "{\"hook\":\"node_up\",\"node\":3,\"name\":\"n3\",\"address\":\"10.9.1.3\",\"mac\":\"52:54:00:09:00:03\","
        "\"state\":\"boot\",\"reason\":\"\",\"kernel\":\"6.1.0\",\"architecture\":\"x86_64\",\"boot_seconds\":1.0}\n");
}

TEST_CASE("a hook that prints without end is heard up to a limit") {
  SetUp at;
  at.kernel.files.put("/d/10-foo", "", 0755);
  at.node_up.set_hooks({.up = "/d", .down = {}});
  at.begin({});
  for (int i = 0; i < 1000; ++i)
    at.kernel.spawner.write_output(at.newest_program(), sys::cat("line ", i, "\n"));
  at.end_program(fakes::exited(1));
  const auto lines = at.log_of(3);
  REQUIRE(lines.size() == frontend::LocalPrograms::max_lines + 1);
  CHECK(lines.back() == "hook 10-foo: (the rest, after 200 lines, is dropped)");
  CHECK(at.reason() == "hook 10-foo: exit status 1: line 999");
}

// Node 3 is up, and has a hook for its going.
struct Going : SetUp {
  Going() {
    kernel.files.put("/up/10-a", "", 0755);
    kernel.files.put("/down/10-b", "", 0755);
    kernel.files.put("/down/20-c", "", 0755);
    const frontend::HookSettings hooks{.up = "/up", .down = "/down", .limit = 5s};
    node_up.set_hooks(hooks);
    down.configure(hooks);
  }
  void come_up() {
    begin({});
    end_program(fakes::exited(0));
    done(setup(), true);
    REQUIRE(state() == NodeState::up);
  }
  void go(const char* reason = "no answer for 20 s") {
    node_up.cancel(3);
    table.set_state(3, NodeState::down, reason);
    kernel.loop.run_until_idle();
  }
  std::string newest_path() { return kernel.spawner.spec(newest_program()).path; }
  std::size_t programs_begun() { return kernel.spawner.pids().size(); }
};

TEST_CASE("a node that goes has the hooks of its going run, in order and with the reason") {
  Going at;
  at.come_up();
  at.go();
  CHECK(at.newest_path() == "/down/10-b");
  const auto& spec = at.kernel.spawner.spec(at.newest_program());
  for (const char* fact : {"HOOK=node_down", "NODE=3", "NODE_STATE=down", "NODE_REASON=no answer for 20 s"}) {
    CHECK_MESSAGE(std::find(spec.environment.begin(), spec.environment.end(), fact) != spec.environment.end(), fact);
  }
  CHECK(spec.input.find("\"hook\":\"node_down\"") != std::string::npos);
  at.kernel.spawner.write_error(at.newest_program(), "no such host\n");
  at.end_program(fakes::exited(2));
  CHECK(at.kernel.logged("n3: node_down hook 10-b failed: exit status 2: no such host", sys::Severity::warning) == 1);
  CHECK(at.counters.value(frontend::Counter::hook_down_failed) == 1);
  CHECK(at.newest_path() == "/down/20-c");
  at.end_program(fakes::exited(0));
  CHECK(at.state() == NodeState::down);
  CHECK(at.programs_begun() == 3);
}

TEST_CASE("only a node that was up, or that hooks have seen, has hooks run as it goes") {
  Going never;
  never.begin({directory("a")});
  never.go();
  CHECK(never.programs_begun() == 0);

  Going seen;
  seen.begin({});
  seen.end_program(fakes::exited(1));
  CHECK(seen.state() == NodeState::error);
  seen.go();
  CHECK(seen.newest_path() == "/down/10-b");
}

TEST_CASE("a node that comes back has its hooks run after those of its going") {
  Going at;
  at.come_up();
  at.go();
  at.table.set_hello(3, fakes::hello_of(3, 2));
  at.begin({});
  CHECK(at.reason() == "waiting for its turn: hook 10-a");
  CHECK(at.newest_path() == "/down/10-b");
  // It hangs, and ends at its limit.
  at.kernel.spawner.execute(at.newest_program());
  at.kernel.loop.advance(5s);
  at.kernel.spawner.end(at.newest_program(), fakes::killed_by(9));
  at.kernel.loop.run_until_idle();
  CHECK(at.newest_path() == "/down/20-c");
  at.end_program(fakes::exited(0));
  CHECK(at.newest_path() == "/up/10-a");
  CHECK(at.reason() == "hook 10-a (front end)");
}

TEST_CASE("a hook that is under way as its node goes is gone before those of its going begin") {
  Going at;
  at.begin({});
  const int pid = at.newest_program();
  CHECK(at.newest_path() == "/up/10-a");
  at.kernel.spawner.execute(pid);
  at.go();
  CHECK(at.kernel.faults.count(sys::cat("signal 9 to group ", pid)) == 1);
  CHECK(at.programs_begun() == 1);
  at.kernel.spawner.end(pid, fakes::killed_by(9));
  at.kernel.loop.run_until_idle();
  CHECK(at.newest_path() == "/down/10-b");
}

TEST_CASE("whoever was told that a node is gone is told that it is back, in the same life too") {
  Going at;
  at.come_up();
  CHECK_FALSE(at.down.owes_greeting(3));
  at.go();
  CHECK(at.down.owes_greeting(3));
  at.end_program(fakes::exited(0));
  at.end_program(fakes::exited(0));
  at.node_up.greet(3);
  at.kernel.loop.run_until_idle();
  CHECK(at.state() == NodeState::boot);
  CHECK(at.newest_path() == "/up/10-a");
  CHECK_FALSE(at.down.owes_greeting(3));
  at.end_program(fakes::exited(0));
  at.done(at.setup(), true);
  CHECK(at.state() == NodeState::up);
}

TEST_CASE("a node that goes again and again does not pile up hooks") {
  Going at;
  at.node_up.set_hooks({});
  for (int i = 0; i < 10; ++i) {
    at.table.set_state(3, NodeState::up, "");
    at.go();
  }
  at.end_program(fakes::exited(0));
  at.end_program(fakes::exited(0));
  CHECK(at.programs_begun() == 2);
}

TEST_CASE("when nodemaster ends, what runs for nodes is killed, and said") {
  Going at;
  at.come_up();
  at.go();
  const int pid = at.newest_program();
  at.kernel.spawner.execute(pid);
  const auto left = at.programs.end();
  CHECK(left.killed == std::vector<std::string>{"n3: node_down hook 10-b"});
  CHECK(left.dropped == std::vector<std::string>{"n3: node_down hook 20-c"});
  CHECK(at.kernel.faults.count(sys::cat("signal 9 to group ", pid)) == 1);
}

TEST_CASE("who follows a set-up is told of each change") {
  SetUp at;
  std::vector<std::string> news;
  at.node_up.watch([&](const transport::UpProgress& progress) {
    news.push_back(sys::cat(progress.name, " ", progress.step, " ", progress.steps_over, "/", progress.steps, " ",
                            progress.reason));
  });
  at.begin({directory("a"), here("x", transport::OnFailure::error)});
  const Setup setup = at.setup();
  at.node_up.on_report(3, {.plan = setup.plan, .name = "a", .outcome = transport::Outcome::running});
  at.node_up.on_report(3, {.plan = setup.plan, .name = "a", .outcome = transport::Outcome::done});
  at.done(setup, true);
  at.end_program(fakes::exited(0));
  CHECK(news == std::vector<std::string>{"n3  0/0 waiting for the plan's files", "n3 step a 0/2 ", "n3 step a 1/2 ",
                                         "n3 step x 1/2 waiting for its turn", "n3 step x 1/2 on the front end",
                                         "n3 step x 2/2 "});
}

TEST_CASE("hooks of many nodes run a few at a time") {
  SetUp at;
  at.kernel.files.put("/d/10-foo", "", 0755);
  at.node_up.set_hooks({.up = "/d", .down = {}});
  at.table.configure(fakes::some_nodes(40));
  for (unsigned node = 0; node < 40; ++node) {
    at.table.set_hello(node, fakes::hello_of(node, 1));
    at.node_up.begin(node);
  }
  at.kernel.loop.run_until_idle();
  CHECK(at.kernel.spawner.pids().size() == 16);
  CHECK(at.table.find(0)->reason == "hook 10-foo (front end)");
  CHECK(at.table.find(39)->reason == "waiting for its turn: hook 10-foo");
  at.end_program(fakes::exited(0));
  CHECK(at.kernel.spawner.pids().size() == 17);
  // The next one in line goes, and with it its place.
  at.node_up.cancel(17);
  at.end_program(fakes::exited(0));
  const auto& env = at.kernel.spawner.spec(at.newest_program()).environment;
  CHECK(std::find(env.begin(), env.end(), "NODE=18") != env.end());
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

PlanStep missing_file(transport::OnFailure on_failure) {
  PlanStep file;
  file.step.name = "motd";
  file.step.on_failure = on_failure;
  file.need = frontend::FileNeed{.source = "/nonexistent/motd", .path = "/etc/motd"};
  file.step.action = transport::FileStep{};
  return file;
}

TEST_CASE("a file that cannot be read matters to the nodes that get it, unless the plan says otherwise") {
  PlanStep others = missing_file(transport::OnFailure::error);
  others.nodes = {{1, 2}};
  SetUp at;
  at.begin({others, directory("a")});
  CHECK(at.setup().steps.size() == 1);

  SetUp lenient;
  lenient.begin({missing_file(transport::OnFailure::go_on), directory("a")});
  CHECK(lenient.setup().steps.size() == 1);
  CHECK(lenient.kernel.logged("n3: step motd: ", sys::Severity::warning) == 1);
  CHECK(lenient.table.find(3)->here.at(0).outcome == transport::Outcome::ignored);
}

// A step for a module of the node's own kernel.
PlanStep module_of(const std::string& folder) {
  PlanStep step;
  step.step.name = "module dummy";
  step.need = frontend::ModulesNeed{{{"dummy", ""}}, folder + "/{kernel}", folder + "/spool"};
  step.step.action = transport::ModuleStep{};
  return step;
}

TEST_CASE("modules are those of the kernel that the node runs") {
  fakes::TemporaryDirectory folder;
  for (const char* release : {"6.1.0", "6.2.0"}) {
    std::filesystem::create_directory(folder / release);
    std::ofstream(folder / (std::string(release) + "/modules.dep")) << "dummy.ko:\n";
    std::ofstream(folder / (std::string(release) + "/dummy.ko")) << "module of " << release;
  }
  SetUp at;
  at.plans.set_plan({module_of(folder.path())});
  std::vector<transport::Content> contents;
  const char* const releases[] = {"6.1.0", "6.2.0", "6.1.0", "6.9.9"};
  for (unsigned node = 0; node < 4; ++node) {
    transport::Hello hello = fakes::hello_of(node, 1);
    hello.kernel_release = releases[node];
    at.table.set_hello(node, hello);
    at.node_up.begin(node);
  }
  at.kernel.loop.run_until_idle();
  for (unsigned node = 0; node < 3; ++node) {
    const auto sent = at.links.take<Setup>(node);
    REQUIRE(sent.size() == 1);
    contents.push_back(std::get<transport::ModuleStep>(sent[0].steps.at(0).action).modules.at(0).content);
  }
  CHECK(contents[0].hash == contents[2].hash);
  CHECK(contents[0].hash != contents[1].hash);
  CHECK(at.kernel.faults.count("worker reading") == 3);  // once for each kernel
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason().find("step module dummy: the front end has no ") == 0);
  CHECK(at.reason().find("/6.9.9: put the modules") != std::string::npos);
}

TEST_CASE("a kernel release that leads elsewhere is none") {
  SetUp at;
  transport::Hello hello = fakes::hello_of(3, 1);
  hello.kernel_release = "../../etc";
  at.table.set_hello(3, hello);
  at.begin({module_of("/lib/modules")});
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason().find("step module dummy: which kernel the node has") == 0);
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
