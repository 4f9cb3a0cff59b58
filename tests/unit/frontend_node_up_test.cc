#include "frontend/nodemaster/node_up.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "sys/text.h"
#include "tests/unit/frontend_set_up.h"
#include "tests/unit/temporary_directory.h"

namespace {

using namespace std::chrono_literals;
using namespace fakes;
using frontend::PlanStep;
using transport::NodeState;
using transport::Setup;

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

TEST_CASE("a node whose plan is carried out again is not set up until that has succeeded") {
  SetUp at;
  at.begin({directory("a")});
  at.done(at.setup(), true);
  at.table.add_here(3, {"front end: hook x", 1, 2, transport::Outcome::done, ""});
  at.node_up.begin(3);
  at.kernel.loop.run_until_idle();
  CHECK(at.table.find(3)->set_up_in == 0);
  CHECK(at.table.find(3)->here.empty());
  at.done(at.setup(), false, "step a: no");
  CHECK(at.state() == NodeState::error);
  CHECK(at.table.find(3)->set_up_in == 0);
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
  CHECK(at.kernel.spawner.pids().size() == 1);
  at.kernel.loop.advance(1s);
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
  const auto block = at.store.read(0, {content.hash, 1, 4});
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

TEST_CASE("a step that cannot be sent fails the node, and nothing is sent") {
  SetUp at;
  PlanStep big = directory("big");
  big.step.action = transport::FileStep{{{"/a", transport::TextContent{std::string(70000, 'x')}}}};
  at.begin({big});
  CHECK(at.state() == NodeState::error);
  CHECK(at.reason().find("step big: cannot be sent to the node") == 0);
  CHECK(at.links.take<Setup>(3).empty());
  CHECK(at.table.find(3)->here.size() == 1);
}

TEST_CASE("a node that comes up with failures says which were ignored") {
  SetUp at;
  at.begin({directory("a"), directory("b")});
  const Setup setup = at.setup();
  for (const char* name : {"a", "b"})
    at.node_up.on_report(
        3, {.plan = setup.plan, .name = name, .outcome = transport::Outcome::ignored, .attempt = 1, .reason = "no"});
  at.done(setup, true);
  CHECK(at.state() == NodeState::up);
  CHECK(at.reason() == "2 failures ignored: step a, step b");
}

TEST_CASE("the steps of a later set-up are in the boot record") {
  SetUp at;
  at.begin({directory("a")});
  Setup setup = at.setup();
  const transport::BootRecord up{0, {{"up", 5, 6, transport::Outcome::done, ""}}};
  at.node_up.on_report(3, {.plan = setup.plan, .name = "a", .outcome = transport::Outcome::done});
  at.done(setup, true);
  at.table.add_record(3, up);
  CHECK(at.table.find(3)->here.empty());  // the node itself has it in its record
  at.node_up.begin(3);
  at.kernel.loop.run_until_idle();
  setup = at.setup();
  at.node_up.on_report(3, {.plan = setup.plan, .name = "a", .outcome = transport::Outcome::failed, .reason = "no"});
  REQUIRE(at.table.find(3)->here.size() == 1);
  CHECK(at.table.find(3)->here[0].name == "setup: a");
  CHECK(at.table.find(3)->here[0].reason == "no");
}

TEST_CASE("a node that reports failures without end does not fill the log") {
  SetUp at;
  at.begin({directory("a")});
  const Setup setup = at.setup();
  for (int i = 0; i < 1000; ++i)
    at.node_up.on_report(3,
                         {.plan = setup.plan, .name = "a", .outcome = transport::Outcome::failed, .reason = "a flood"});
  CHECK(at.kernel.logged("a flood") == 100);
}

}  // namespace
