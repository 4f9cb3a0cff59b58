// Hooks: what they are told, in which order and how many at once they run, and what becomes of their failures.
#include "frontend/nodemaster/hooks.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/unit/frontend_set_up.h"

namespace {

using namespace std::chrono_literals;
using namespace fakes;
using transport::NodeState;
using transport::Setup;

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
  CHECK(at.state() == NodeState::up);
  CHECK(at.links.take<Setup>(3).empty());  // or its services would end
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

TEST_CASE("what a hook waits for its turn does not count against the plan's time limit") {
  SetUp at;
  at.programs.set_at_once(1);
  at.node_up.set_limit(10s);
  at.table.set_hello(2, hello_of(2, 1));
  at.kernel.files.put("/d/10-a", "", 0755);
  at.node_up.set_hooks({.up = "/d", .down = {}, .limit = 1h});
  at.plans.set_plan({});
  at.node_up.begin(2);
  at.kernel.loop.run_until_idle();
  at.begin({});  // node 3's has to wait
  REQUIRE(at.kernel.spawner.pids().size() == 1);
  at.kernel.loop.advance(8s);
  at.kernel.loop.run_until_idle();
  at.end_program(fakes::exited(0));
  REQUIRE(at.kernel.spawner.pids().size() == 2);
  at.kernel.loop.advance(8s);
  at.kernel.loop.run_until_idle();
  CHECK(at.state() == NodeState::boot);
  at.kernel.loop.advance(6s);
  at.kernel.loop.run_until_idle();  // the limit, and the node's first word
  CHECK(at.state() == NodeState::error);
}

TEST_CASE("hooks of a node that goes for another MAC are told of the one that went") {
  Going at;
  at.come_up();
  auto nodes = some_nodes(4);
  const sys::Mac old = nodes[3].mac;
  nodes[3].mac[5] = 0x77;
  at.table.configure(nodes);
  at.kernel.loop.run_until_idle();
  const auto& env = at.kernel.spawner.spec(at.newest_program()).environment;
  CHECK(at.newest_path() == "/down/10-b");
  CHECK(std::find(env.begin(), env.end(), "NODE_MAC=" + sys::format_mac(old)) != env.end());
}

TEST_CASE("a script whose interpreter is not there is no good hook") {
  fakes::Kernel kernel;
  kernel.files.put("/d/10-a", "#! /bin/sh -e\n", 0755);
  kernel.files.put("/d/20-b", "#!/no/python\n", 0755);
  kernel.files.put("/d/30-c",
                   "\x7f"
                   "ELF",
                   0755);
  kernel.files.put("/bin/sh", "", 0755);
  const auto faults = frontend::find_faults(kernel.files, *frontend::list_hooks(kernel.files, "/d"));
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].name == "/d/20-b");
  CHECK(faults[0].reason == "cannot be run: its interpreter, /no/python, is not there or no program");
}

}  // namespace
