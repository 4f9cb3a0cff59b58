#include "process/process_table.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/fakes/fake_cgroups.h"
#include "tests/fakes/fake_files.h"

namespace {

// /proc of a node: PID 1 is nodeinit.
struct Proc {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  fakes::FakeCgroups cgroups{faults};

  Proc() { put(1, 0, "nodeinit", "/init"); }
  void put(int pid, int parent, const std::string& name, const std::string& program, const std::string& line = "") {
    const std::string folder = sys::cat("/proc/", pid);
    files.put(folder + "/status", sys::cat("Name:\t", name, "\nState:\tS (sleeping)\nPPid:\t", parent,
                                           "\nUid:\t1000\t0\t0\t0\nVmRSS:\t    2048 kB\n"));
    files.put(folder + "/stat",
              sys::cat(pid, " (", name, ") S ", parent, " 5 5 0 -1 4194304 1 2 3 4 150 50 0 0 20 0 1 0 700 1 1\n"));
    files.put(folder + "/cmdline", line);
    if (!program.empty()) files.put_link(folder + "/exe", program);
  }
  std::vector<transport::ProcessEntry> list(const std::vector<process::KnownRank>& ranks = {}) {
    return process::list_processes(files, cgroups, ranks);
  }
};

}  // namespace

TEST_CASE("processes: a rank, what it has started, and what got away are of its job") {
  Proc at;
  at.put(50, 1, "sh (x)", "/bin/sh", std::string("sh\0-c\0a\nb\0", 10));
  at.put(60, 50, "sleep", "/bin/sleep", "sleep");
  at.put(70, 1, "daemon", "/bin/daemon", "");
  at.cgroups.groups["job-7"].pids = {50, 60, 70};
  const auto found = at.list({{50, 7, 2}});
  REQUIRE(found.size() == 3);
  for (const auto& entry : found) {
    CHECK(entry.job == 7);
    CHECK(entry.rank == 2);
    CHECK(entry.uid == 1000);
    CHECK(entry.state == 'S');
    CHECK(entry.cpu_us == 2'000'000);
    CHECK(entry.started_us == 7'000'000);
    CHECK(entry.resident_bytes == 2048u << 10);
  }
  CHECK(found[0].command == "sh -c a\\x0ab");
  CHECK(found[1].parent == 50);
  CHECK(found[2].command == "[daemon]");
}

TEST_CASE("processes: whose rank is not to be known, and who has no job") {
  Proc at;
  at.put(50, 1, "a", "/bin/a", "a");
  at.put(51, 1, "b", "/bin/b", "b");
  at.put(70, 1, "daemon", "/bin/d", "d");
  at.put(80, 1, "syslogd", "/bin/syslogd", "syslogd");
  at.cgroups.groups["job-7"].pids = {50, 51, 70};
  const auto found = at.list({{50, 7, 0}, {51, 7, 1}});
  REQUIRE(found.size() == 4);
  CHECK(found[2].job == 7);
  CHECK(found[2].rank == transport::no_rank);
  CHECK(found[3].job == 0);
  CHECK(found[3].rank == transport::no_rank);
}

TEST_CASE("processes: PID 1, its workers and the kernel's are left out") {
  Proc at;
  at.put(2, 0, "kthreadd", "");
  at.put(3, 2, "kworker", "");
  at.put(40, 1, "nodeinit", "/init", "/init");
  at.put(41, 1, "nodeinit", "/init", "/init");  // a rank that has not executed its program yet
  const auto found = at.list({{41, 7, 0}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].pid == 41);
}

TEST_CASE("processes: without cgroups a job is known by its ranks") {
  Proc at;
  at.cgroups.there = false;
  at.put(50, 1, "sh", "/bin/sh", "sh");
  at.put(60, 50, "sleep", "/bin/sleep", "sleep");
  const auto found = at.list({{50, 7, 2}});
  REQUIRE(found.size() == 2);
  CHECK(found[1].job == 7);
  CHECK(found[1].rank == 2);
}
