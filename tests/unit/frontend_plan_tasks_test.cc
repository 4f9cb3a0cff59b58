#include "frontend/nodemaster/plan_tasks.h"

#include "frontend/nodemaster/node_facts.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/unit/frontend_fixture.h"
#include "transport/frame.h"

namespace {

using namespace std::chrono_literals;
using frontend::FrontEndTask;
using frontend::NodeTask;
using frontend::PlanStep;
using frontend::Task;

PlanStep directory(const std::string& name) {
  PlanStep step;
  step.step.name = name;
  step.step.action = transport::DirectoryStep{.path = "/" + name};
  return step;
}

PlanStep here(const std::string& name) {
  PlanStep step;
  step.step.name = name;
  step.step.timeout_ms = 2000;
  step.step.retries = 1;
  step.step.action =
      transport::RunStep{.program = "/bin/x", .arguments = {"/bin/x", "y"}, .environment = {}, .files = {}};
  step.on_front_end = true;
  return step;
}

// "[a b] step c [d]": what is done where.
std::string shape(const std::deque<Task>& tasks) {
  std::string text;
  for (const Task& task : tasks) {
    if (!text.empty()) text += ' ';
    if (const auto* mine = std::get_if<FrontEndTask>(&task)) {
      text += mine->name;
      continue;
    }
    std::string names;
    for (const transport::Step& step : std::get<NodeTask>(task).steps)
      names += (names.empty() ? "" : " ") + step.name;
    text += "[" + names + "]";
  }
  return text;
}

const frontend::NodeEntry node3 = fakes::some_nodes(4).back();

TEST_CASE("steps of the front end split the plan, and the node has the last word") {
  using frontend::tasks_for;
  CHECK(shape(*tasks_for({}, {}, node3)) == "[]");
  CHECK(shape(*tasks_for({directory("a"), directory("b")}, {}, node3)) == "[a b]");
  CHECK(shape(*tasks_for({directory("a"), here("b"), directory("c")}, {}, node3)) == "[a] step b [c]");
  CHECK(shape(*tasks_for({here("b")}, {}, node3)) == "step b []");
  const auto hooks = frontend::hook_tasks({"/etc/d/10-x", "/etc/d/20-y"}, frontend::HookEvent::node_up, 60s);
  CHECK(shape(*tasks_for({directory("a")}, hooks, node3)) == "[a] hook 10-x hook 20-y []");
}

TEST_CASE("a step is for the nodes that it names") {
  PlanStep some = directory("some");
  some.nodes = {{1, 3}};
  PlanStep others = directory("others");
  others.nodes = {{2}};
  CHECK(shape(*frontend::tasks_for({some, others, directory("all")}, {}, node3)) == "[some all]");
  some.nodes.emplace();  // a set that is empty is not all
  CHECK(shape(*frontend::tasks_for({some}, {}, node3)) == "[]");
}

TEST_CASE("a step that a node has not stands for those that it would have waited for") {
  PlanStep first = directory("first"), absent = directory("absent"), last = directory("last");
  absent.nodes = {{2}};
  absent.step.index = 1;
  absent.step.after = {0};
  last.step.index = 2;
  last.step.after = {1};
  const auto tasks = *frontend::tasks_for({first, absent, last}, {}, node3);
  const auto& steps = std::get<NodeTask>(tasks.at(0)).steps;
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].after == std::vector<std::uint32_t>{0});
}

TEST_CASE("a step with a problem is left out, as if it were for others") {
  PlanStep bad = directory("bad");
  bad.problem = "gone";
  CHECK(shape(*frontend::tasks_for({bad, directory("b")}, {}, node3)) == "[b]");
}

TEST_CASE("a service whose step has a problem is spared, by the last part of the plan") {
  PlanStep service = directory("syslog");
  service.step.action = transport::ServiceStep{};
  CHECK(std::get<NodeTask>(frontend::tasks_for({service}, {}, node3)->back()).spared.empty());
  service.problem = "gone";
  const auto tasks = frontend::tasks_for({directory("a"), service}, {}, node3);
  CHECK(std::get<NodeTask>(tasks->back()).spared == std::vector<std::string>{"syslog"});
  service.nodes = std::vector<transport::NodeNumber>{4};
  CHECK(std::get<NodeTask>(frontend::tasks_for({service}, {}, node3)->back()).spared.empty());
}

TEST_CASE("steps of many files are sent apart") {
  PlanStep big = directory("big");
  transport::FileStep files;
  for (int i = 0; i < 16000; ++i)
    files.entries.push_back({std::string(100, 'x'), transport::DirectoryMark{}});
  big.step.action = files;
  CHECK(frontend::tasks_for({big, big}, {}, node3)->size() == 2);
}

TEST_CASE("a step weighs what it takes in the message") {
  PlanStep text = directory("text");
  transport::FileStep file;
  file.entries.push_back({"/a", transport::TextContent{std::string(65000, 'x')}});
  text.step.action = file;
  const std::vector<PlanStep> plan(100, text);
  const auto tasks = *frontend::tasks_for(plan, {}, node3);
  REQUIRE(tasks.size() == 2);
  for (const Task& task : tasks) {
    transport::Bytes frame;
    CHECK(transport::append_frame(transport::Setup{.steps = std::get<NodeTask>(task).steps}, 0, frame));
  }
}

TEST_CASE("a step that no message can hold is an error, with its name") {
  PlanStep grown = directory("grown");
  std::string text(60000, 'x');
  for (int i = 0; i < 600; ++i)
    text += "{address}";
  grown.step.action = transport::FileStep{{{"/a", transport::TextContent{text + std::string(100, ' ')}}}};
  CHECK(frontend::tasks_for({grown}, {}, node3));
  frontend::NodeEntry far = node3;
  far.address = 0xac1fff64;  // 172.31.255.100
  const auto tasks = frontend::tasks_for({grown}, {}, far);
  REQUIRE_FALSE(tasks);
  CHECK(tasks.error().text().find("step grown: cannot be sent to the node") == 0);

  PlanStep service = directory("service");
  transport::ServiceStep action;
  action.environment.assign(1024, std::string(4500, 'e'));
  service.step.action = action;
  CHECK_FALSE(frontend::tasks_for({service}, {}, node3));
}

TEST_CASE("a long plan goes in several messages") {
  const std::vector<PlanStep> plan(2 * frontend::max_steps_at_once + 1, directory("a"));
  const auto tasks = *frontend::tasks_for(plan, {}, node3);
  REQUIRE(tasks.size() == 3);
  CHECK(std::get<NodeTask>(tasks[0]).steps.size() == frontend::max_steps_at_once);
  CHECK(std::get<NodeTask>(tasks[2]).steps.size() == 1);
}

TEST_CASE("a node's facts are filled in") {
  CHECK(frontend::fill_in("{name}.lab-{node}-{name}", node3) == "n3.lab-3-n3");
  CHECK(frontend::fill_in("{nobody}", node3) == "{nobody}");
  CHECK(frontend::fill_in("clientaddr={address}", node3) == "clientaddr=10.9.1.3");
  frontend::NodeEntry odd = node3;
  odd.name = "{name}";
  CHECK(frontend::fill_in("{name}", odd) == "{name}");
  PlanStep step;
  step.step.action = transport::HostnameStep{"{name}"};
  const auto tasks = *frontend::tasks_for({step}, {}, node3);
  const auto& filled = std::get<NodeTask>(tasks[0]).steps[0].action;
  CHECK(std::get<transport::HostnameStep>(filled).name == "n3");
}

TEST_CASE("an address that counts up is each node's own") {
  PlanStep step;
  step.step.action = transport::InterfaceStep{.name = "eth1", .address = 0x0a0a0010, .prefix = 16};
  step.counts_up = true;
  const auto address_in = [](const std::deque<Task>& tasks) {
    return std::get<transport::InterfaceStep>(std::get<NodeTask>(tasks[0]).steps[0].action).address;
  };
  CHECK(address_in(*frontend::tasks_for({step}, {}, node3)) == 0x0a0a0013);
  step.counts_up = false;
  CHECK(address_in(*frontend::tasks_for({step}, {}, node3)) == 0x0a0a0010);
}

TEST_CASE("steps that tell the time are told it when they are sent") {
  std::vector<transport::Step> steps(2);
  steps[0].action = transport::TimeStep{.hardware = true};
  frontend::fill_in_time(steps, sys::WallTime(std::chrono::seconds(5)));
  CHECK(std::get<transport::TimeStep>(steps[0].action).wall_ns == 5'000'000'000);
}

TEST_CASE("a node's facts are filled into mounts, too") {
  PlanStep step;
  step.step.action = transport::MountStep{"nfs1:/scratch/{node}", "/{name}", "nfs", "clientaddr={address},ro"};
  const auto tasks = *frontend::tasks_for({step}, {}, node3);
  const auto& mount = std::get<transport::MountStep>(std::get<NodeTask>(tasks[0]).steps[0].action);
  CHECK(mount.source == "nfs1:/scratch/3");
  CHECK(mount.options == "clientaddr=10.9.1.3,ro");
  CHECK(mount.target == "/{name}");  // a path is what it says
}

TEST_CASE("a step of the front end keeps its limits") {
  const auto tasks = *frontend::tasks_for({here("b")}, {}, node3);
  const auto& task = std::get<FrontEndTask>(tasks[0]);
  CHECK(task.limit == std::chrono::seconds(2));
  CHECK(task.retries == 1);
  CHECK(task.command == std::vector<std::string>{"/bin/x", "y"});
}

}  // namespace
