#include "process/job_groups.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "process/launcher.h"
#include "tests/unit/process_fixture.h"

using transport::JobLimits;

namespace {

struct Groups {
  fakes::Faults faults;
  fakes::FakeCgroups cgroups{faults};
  process::JobGroups groups{cgroups};
};

// A node that runs jobs.
struct Node : process::ProcessNode {
  std::vector<transport::Launched> launched;
  std::vector<transport::ProcessEnd> ended;
  process::Launcher launcher{tools,
                             log,
                             {.launched = [this](const auto& message) { launched.push_back(message); },
                              .ended = [this](const auto& message) { ended.push_back(message); },
                              .output = [](const auto&) {}}};

  Node() { launcher.set_output_open(true); }

  void launch(std::uint32_t rank, JobLimits within = {}) {
    transport::Launch launch;
    launch.job = 7;
    launch.rank = rank;
    launch.program = "/bin/hello";
    launch.arguments = {"hello"};
    launch.output_credit = 100;
    launch.job_limits = std::move(within);
    launcher.launch(std::move(launch));
    loop.run_until_idle();
  }
};

}  // namespace

TEST_CASE("job groups: made with the first rank, removed with the last") {
  Groups at;
  CHECK(at.groups.enter(7, {}) == "/groups/job-7");
  CHECK(at.groups.enter(7, {}) == "/groups/job-7");
  CHECK(at.faults.count("make group") == 1);
  at.groups.leave(7);
  CHECK(at.cgroups.groups.contains("job-7"));
  at.groups.leave(7);
  CHECK_FALSE(at.cgroups.groups.contains("job-7"));
  CHECK_FALSE(at.groups.has(7));
}

TEST_CASE("job groups: what a rank has left running keeps the group") {
  Groups at;
  REQUIRE(at.groups.enter(7, {}));
  at.cgroups.groups["job-7"].pids = {44};
  at.groups.leave(7);
  at.groups.sweep();
  CHECK(at.groups.has(7));
  at.cgroups.groups["job-7"].pids.clear();
  at.groups.sweep();
  CHECK_FALSE(at.groups.has(7));
  CHECK_FALSE(at.cgroups.groups.contains("job-7"));
}

TEST_CASE("job groups: a limit that cannot be set leaves no group behind") {
  Groups at;
  at.faults.fail_at = 2;
  at.faults.code = EOPNOTSUPP;
  CHECK(at.groups.enter(7, {.pids = 5, .cpus = {}}).error().code == EOPNOTSUPP);
  CHECK(at.cgroups.groups.empty());
  CHECK_FALSE(at.groups.has(7));
}

TEST_CASE("job groups: without cgroups jobs run, but not within limits") {
  Groups at;
  at.cgroups.there = false;
  CHECK(at.groups.enter(7, {}) == "");
  at.groups.leave(7);
  CHECK_FALSE(at.groups.enter(7, {.pids = 5, .cpus = {}}));
  CHECK(at.faults.calls.empty());
}

TEST_CASE("launcher: a rank is born in its job's group, within its limits") {
  Node at;
  at.launch(0, {.memory_bytes = 1 << 20, .cpus = "0"});
  at.launch(1);
  CHECK(at.spawner.spec(at.spawner.pids()[0]).group == "/groups/job-7");
  CHECK(at.spawner.spec(at.spawner.pids()[1]).group == "/groups/job-7");
  CHECK(at.cgroups.groups["job-7"].limits.memory_bytes == 1 << 20);
  CHECK(at.cgroups.groups["job-7"].limits.cpus == "0");
}

TEST_CASE("launcher: a limit that cannot be set is a failed start that says why") {
  Node at;
  at.cgroups.there = false;
  at.launch(0, {.pids = 5, .cpus = {}});
  REQUIRE(at.launched.size() == 1);
  CHECK(at.launched[0].code != 0);
  CHECK(at.launched[0].reason == "the job cannot be limited: this node has no cgroups");
  CHECK(at.spawner.pids().empty());
}

TEST_CASE("launcher: the end of a process says which limits its job has hit") {
  Node at;
  at.launch(0);
  const int pid = at.spawner.pids()[0];
  at.spawner.execute(pid);
  at.loop.run_until_idle();
  at.cgroups.groups["job-7"].events = {.killed_for_memory = 1, .forks_refused = 2};
  at.end(pid, fakes::killed_by(9));
  REQUIRE(at.ended.size() == 1);
  CHECK(at.ended[0].limits_hit == (transport::hit_memory | transport::hit_pids));
  CHECK(at.cgroups.groups.empty());
}

TEST_CASE("launcher: a job is signalled as a group, whatever of it still runs") {
  Node at;
  at.launch(0);
  at.spawner.execute(at.spawner.pids()[0]);
  at.loop.run_until_idle();
  at.cgroups.groups["job-7"].pids = {at.spawner.pids()[0], 44, 45};
  CHECK(at.launcher.kill(transport::KillJob{7, 9}).count == 3);
  CHECK(at.cgroups.signals == std::vector<std::pair<std::string, int>>{{"job-7", 9}});
  CHECK(at.launcher.kill(transport::KillJob{8, 9}).code == ESRCH);
  CHECK(at.launcher.kill(transport::KillJob{7, 65}).code == EINVAL);
}

TEST_CASE("launcher: what a job has left is signalled, too") {
  Node at;
  at.launch(0);
  const int pid = at.spawner.pids()[0];
  at.spawner.execute(pid);
  at.loop.run_until_idle();
  at.cgroups.groups["job-7"].pids = {44};
  at.end(pid, 0);
  CHECK(at.launcher.running() == 0);
  CHECK(at.launcher.kill(transport::KillJob{7, 9}).count == 1);
  at.launcher.sweep();
  CHECK(at.cgroups.groups.empty());
}

TEST_CASE("launcher: without cgroups a job is signalled by its ranks' process groups") {
  Node at;
  at.cgroups.there = false;
  at.launch(0);
  at.launch(1);
  for (const int pid : at.spawner.pids())
    at.spawner.execute(pid);
  at.loop.run_until_idle();
  CHECK(at.launcher.kill(transport::KillJob{7, 9}).count == 2);
  CHECK(at.launcher.kill(transport::KillProcess{at.spawner.pids()[1], 15, 0}).count == 1);
  CHECK(at.launcher.kill(transport::KillProcess{at.spawner.pids()[1], 15, 5}).code == EPERM);
  CHECK(at.launcher.kill(transport::KillProcess{99999, 15, 0}).code == ESRCH);
}

TEST_CASE("launcher: a single process of a job is signalled if it is the caller's") {
  Node at;
  at.launch(0);
  at.cgroups.groups["job-7"].pids = {44};
  at.cgroups.groups["job-7"].uid = 5;
  CHECK(at.launcher.kill(transport::KillProcess{44, 15, 5}).count == 1);
  CHECK(at.launcher.kill(transport::KillProcess{44, 15, 6}).code == EPERM);
  CHECK(at.launcher.kill(transport::KillProcess{46, 15, 0}).code == ESRCH);
  CHECK(at.cgroups.process_signals == std::vector<std::pair<int, int>>{{44, 15}});
}
