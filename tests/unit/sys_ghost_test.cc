#include "sys/ghost.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "tests/unit/sys_kernel_fixture.h"

using namespace std::chrono_literals;

namespace {

struct GhostFixture : KernelFixture {
  GhostFixture() { make_maker(0); }
  void make_maker(std::uint64_t ignored) {
    auto made = sys::make_ghost_maker(*loop, nullptr, 0, 4, ignored, [this](const sys::GhostSignal& signal) {
      heard.push_back(signal);
      loop->stop();
    });
    REQUIRE(made);
    maker = std::move(*made);
  }
  ~GhostFixture() {
    for (const int pid : pids) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  int make(std::uint32_t index) {
    const auto pid = maker->make(index, "worker", "worker -x [n3]");
    REQUIRE(pid);
    pids.push_back(*pid);
    return *pid;
  }
  int status_of(int pid) {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    std::erase(pids, pid);
    return status;
  }
  std::unique_ptr<sys::GhostMaker> maker;
  std::vector<sys::GhostSignal> heard;
  std::vector<int> pids;
};

}  // namespace

TEST_CASE_FIXTURE(GhostFixture, "ghost: is called as it is told") {
  const int pid = make(0);
  std::string name;
  // The name is set a moment after the fork.
  for (int i = 0; i < 1000 && name != "worker"; ++i) {
    std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> std::ws, name);
    ::usleep(1000);
  }
  CHECK(name == "worker");
}

TEST_CASE_FIXTURE(GhostFixture, "ghost: hears every signal but two, and lives") {
  const int pid = make(2);
  for (int signal = 1; signal <= 64; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    CAPTURE(signal);
    // The child of somebody else: what its maker sends it does not report.
    const int sender = ::fork();
    if (sender == 0) {
      const sigval value{.sival_int = signal};
      ::_exit(signal < 32 ? ::kill(pid, signal) : signal < 35 ? ::kill(pid, signal) : ::sigqueue(pid, signal, value));
    }
    int status = -1;
    REQUIRE(::waitpid(sender, &status, 0) == sender);
    REQUIRE(status == 0);
    loop->run();
    REQUIRE(!heard.empty());
    CHECK(heard.back().index == 2);
    CHECK(heard.back().ghost == pid);
    CHECK(heard.back().signal == signal);
    CHECK(heard.back().queued == (signal >= 35));
    CHECK(heard.back().value == (signal >= 35 ? signal : 0));
    CHECK_FALSE(heard.back().from_terminal);
  }
  CHECK(heard.size() == 62);
}

TEST_CASE_FIXTURE(GhostFixture, "ghost: ends with the status that it is told, also when it is stopped") {
  for (const int status : {0, 1 << 8, 7 << 8, 255 << 8, SIGTERM, SIGKILL, SIGSEGV, 34, 64}) {
    CAPTURE(status);
    const int pid = make(1);
    if (status == SIGTERM) {
      maker->stop(pid);
      int seen = 0;
      REQUIRE(::waitpid(pid, &seen, WUNTRACED) == pid);
      REQUIRE(WIFSTOPPED(seen));
    }
    maker->end(1, pid, status);
    CHECK(status_of(pid) == status);
  }
}

TEST_CASE_FIXTURE(GhostFixture, "ghost: what its maker sends it does not report") {
  const int pid = make(0);
  maker->stop(pid);
  int seen = 0;
  REQUIRE(::waitpid(pid, &seen, WUNTRACED) == pid);
  maker->resume(pid);
  REQUIRE(::waitpid(pid, &seen, WCONTINUED) == pid);
  loop->after(20ms, [&] { loop->stop(); });
  loop->run();
  CHECK(heard.empty());
}

TEST_CASE_FIXTURE(GhostFixture, "ghost: one that is discarded leaves alone the one that has its index") {
  const int before = make(3);
  const int after = make(3);
  maker->discard(before);
  CHECK(WTERMSIG(status_of(before)) == SIGKILL);
  const int sender = ::fork();
  if (sender == 0) ::_exit(::kill(after, SIGUSR1));
  REQUIRE(::waitpid(sender, nullptr, 0) == sender);
  loop->after(5s, [&] { loop->stop(); });
  loop->run();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].ghost == after);
  CHECK(::waitpid(after, nullptr, WNOHANG) == 0);
}

TEST_CASE_FIXTURE(GhostFixture, "ghost: has the pid that is wanted, if that is free") {
  const int gone = ::fork();
  if (gone == 0) ::_exit(0);
  REQUIRE(::waitpid(gone, nullptr, 0) == gone);
  const auto pid = maker->make(0, "worker", "worker", gone);
  REQUIRE(pid);
  pids.push_back(*pid);
  CHECK(*pid == gone);
  const auto taken = maker->make(1, "worker", "worker", gone);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == EEXIST);
  maker->end(0, *pid, 3 << 8);
  CHECK(WEXITSTATUS(status_of(*pid)) == 3);
}

TEST_CASE_FIXTURE(GhostFixture, "ghost: does not hear what its caller ignores") {
  const auto before = ::signal(SIGUSR2, SIG_IGN);
  make_maker(1ull << (SIGUSR2 - 1));
  const int pid = make(0);
  ::signal(SIGUSR2, before);
  const int sender = ::fork();
  if (sender == 0) {
    ::kill(pid, SIGUSR2);
    ::_exit(::kill(pid, SIGUSR1));
  }
  REQUIRE(::waitpid(sender, nullptr, 0) == sender);
  loop->run();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].signal == SIGUSR1);
}
