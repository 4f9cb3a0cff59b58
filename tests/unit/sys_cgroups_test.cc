#include "sys/cgroups.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>

#include "tests/fakes/fake_files.h"

namespace {

const std::string root = "/sys/fs/cgroup";
const std::string parent = root + "/nodeinit";

// The file system of cgroups as a new machine has it; the kernel makes a group's files with the group.
struct Machine {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  std::unique_ptr<sys::Cgroups> cgroups = sys::make_cgroups(files);

  Machine() {
    files.put(root + "/cgroup.controllers", "cpu memory pids\n");
    files.put(root + "/cgroup.subtree_control", "");
    for (const char* file : {"cgroup.procs", "cgroup.kill"})
      files.put(root + "/init/" + file, "");
    files.put(parent + "/cgroup.subtree_control", "");
  }
  void group(const std::string& name, std::initializer_list<const char*> has) {
    files.put_directory(parent + "/" + name);
    for (const char* file : has)
      files.put(parent + "/" + name + "/" + file, "");
  }
  std::string content(const std::string& name) const { return files.content(parent + "/" + name); }
};

}  // namespace

TEST_CASE("cgroups: PID 1 goes to a leaf, controllers are handed on, empty groups of a former life go") {
  Machine at;
  at.files.put_directory(parent + "/job-1");
  REQUIRE(at.cgroups->begin(false));
  CHECK(at.cgroups->available());
  CHECK(at.files.content(root + "/init/cgroup.procs") == "0");
  for (const std::string& group : {root, parent})
    CHECK(at.faults.count("write " + group + "/cgroup.subtree_control") == 4);
  CHECK_FALSE(at.files.exists(parent + "/job-1"));
}

TEST_CASE("cgroups: a kernel without them, or that cannot end a group, has none") {
  Machine at;
  SUBCASE("not mounted") { CHECK(at.files.remove(root + "/cgroup.controllers")); }
  SUBCASE("too old") { CHECK(at.files.remove(root + "/init/cgroup.kill")); }
  CHECK_FALSE(at.cgroups->begin(false));
  CHECK_FALSE(at.cgroups->available());
}

TEST_CASE("cgroups: limits are written as the kernel wants them") {
  Machine at;
  at.group("a", {"memory.max", "memory.oom.group", "pids.max", "cpu.max", "cpuset.cpus"});
  REQUIRE(at.cgroups->limit("a", {.memory_bytes = 64u << 20, .pids = 50, .cpu_percent = 150, .cpus = "0-1"}));
  CHECK(at.content("a/memory.max") == "67108864");
  CHECK(at.content("a/memory.oom.group") == "1");
  CHECK(at.content("a/pids.max") == "50");
  CHECK(at.content("a/cpu.max") == "150000 100000");
  CHECK(at.content("a/cpuset.cpus") == "0-1");
}

TEST_CASE("cgroups: what is not limited needs no controller; what is limited says which one is missing") {
  Machine at;
  at.group("a", {"pids.max"});
  CHECK(at.cgroups->limit("a", {.pids = 5, .cpus = {}}));
  const auto limited = at.cgroups->limit("a", {.memory_bytes = 1, .cpus = {}});
  REQUIRE_FALSE(limited);
  CHECK(limited.error().text() == "this node's kernel has no memory controller for cgroups");
}

TEST_CASE("cgroups: members and events are read, and a group is killed in one step") {
  Machine at;
  at.group("a", {"cgroup.kill"});
  at.files.put(parent + "/a/cgroup.procs", "12\n0\n345\n");
  at.files.put(parent + "/a/memory.events", "low 1\noom 2\noom_kill 3\n");
  CHECK(at.cgroups->pids("a") == std::vector<int>{12, 345});
  const auto events = at.cgroups->events("a");
  REQUIRE(events);
  CHECK(events->killed_for_memory == 3);
  CHECK(events->forks_refused == 0);
  CHECK(at.cgroups->signal("a", SIGKILL) == 2);
  CHECK(at.content("a/cgroup.kill") == "1");
  CHECK(at.cgroups->signal("b", SIGKILL).error().code == ENOENT);
}

TEST_CASE("cgroups: the group of a process is the one below ours, whatever version 1 says") {
  Machine at;
  at.files.put("/proc/12/cgroup", "4:memory:/nodeinit/job-9\n0::/nodeinit/job-7\n");
  at.files.put("/proc/13/cgroup", "0::/init\n");
  CHECK(at.cgroups->group_of(12) == "job-7");
  CHECK(at.cgroups->group_of(13) == "");
  CHECK_FALSE(at.cgroups->group_of(14));
}
