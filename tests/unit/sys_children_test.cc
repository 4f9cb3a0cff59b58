#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "sys/fd.h"
#include "sys/text.h"
#include "tests/unit/sys_kernel_fixture.h"

namespace {

constexpr int storm_size = 10'000;

// vfork: a fork of a process under AddressSanitizer takes a thousand times as long.
bool leave_orphan() {
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (pid == 0) ::_exit(0);
  return pid > 0;
}

// Leaves dead children to whoever adopts orphans.
int leave_orphans() {
  int left = storm_size;
  while (left > 0 && leave_orphan())
    --left;
  return left == 0 ? 0 : 1;
}

}  // namespace

TEST_CASE("children: statuses in words") {
  CHECK(sys::describe_status(3 << 8) == "exit status 3");
  CHECK(sys::describe_status(SIGKILL) == "killed by signal 9 (Killed)");
}

TEST_CASE_FIXTURE(KernelFixture, "children: a child's end is delivered once, with status and usage") {
  int calls = 0;
  const int pid = fork_child([] { return 7; });
  await_death(pid);  // dead before it is expected
  children.expect(pid, [&](const sys::Exit& exit) {
    ++calls;
    CHECK(exit.pid == pid);
    CHECK(sys::describe_status(exit.status) == "exit status 7");
    CHECK(exit.max_rss_kib > 0);
    CHECK_FALSE(children.signal(pid, 0, false));
  });
  CHECK(children.expected() == 1);
  run_until([&] { return calls > 0; });
  CHECK(calls == 1);
  CHECK(children.expected() == 0);
  CHECK(children.orphans_reaped() == 0);
}

TEST_CASE_FIXTURE(KernelFixture, "children: signals reach a child and its group, but no pid that was reaped") {
  int status = 0;
  const int pid = fork_child([] {
    (void)::signal(SIGTERM, SIG_DFL);
    for (;;)
      ::pause();
    return 0;
  });
  CHECK(children.signal(pid, 0, false).error().code == ESRCH);  // nobody expects it yet
  children.expect(pid, [&](const sys::Exit& exit) { status = exit.status; });
  CHECK(children.signal(pid, 0, true));  // it leads no group: it alone is meant
  CHECK(children.signal(pid, SIGKILL, true));
  run_until([&] { return status != 0; });
  CHECK(status == SIGKILL);
  const auto late = children.signal(pid, SIGKILL, true);
  CHECK(late.error().code == ESRCH);
  CHECK(late.error().what == sys::cat("send signal 9 to process group ", pid));
}

TEST_CASE_FIXTURE(KernelFixture, "children: a handler's exception loses nobody else's end") {
  int ended = 0;
  constexpr int count = 5;
  for (int i = 0; i < count; ++i) {
    const int pid = fork_child([] { return 0; });
    await_death(pid);
    children.expect(pid, [&](const sys::Exit&) {
      ++ended;
      throw std::runtime_error("handler");
    });
  }
  // One SIGCHLD stands for all five.
  run_until([&] { return ended == count; });
  CHECK(exceptions.size() == count);
}

TEST_CASE_FIXTURE(KernelFixture, "children: 10,000 orphans are reaped, a bounded number per turn") {
  const Subreaper subreaper;
  int parent_status = -1;
  const int parent = fork_child(leave_orphans);
  children.expect(parent, [&](const sys::Exit& exit) { parent_status = exit.status; });
  await_death(parent);

  std::uint64_t seen = 0;
  std::uint64_t most_at_once = 0;
  int turns = 0;
  std::function<void()> between = [&] {
    ++turns;
    most_at_once = std::max(most_at_once, children.orphans_reaped() - seen);
    seen = children.orphans_reaped();
    if (seen == storm_size) return loop->stop();
    loop->after(sys::Duration::zero(), between);
  };
  between();
  run_until([] { return false; });
  CHECK(parent_status == 0);
  CHECK(children.orphans_reaped() == storm_size);
  CHECK(most_at_once <= 2 * sys::KernelChildren::per_turn);  // a SIGCHLD and the continuation may share a turn
  CHECK(turns >= storm_size / (2 * sys::KernelChildren::per_turn));
}

namespace {

// A child that leads a group, leaves another process running in it, and ends with `status`. The pipe says what becomes of
// the other: it is closed when nobody has it any more.
struct Leader {
  explicit Leader(int status) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid = KernelFixture::fork_child([&] {
      ::setsid();
      if (::fork() == 0)
        for (;;)
          ::pause();
      return status;
    });
    ::close(ends[1]);
    KernelFixture::await_death(pid);
    left = sys::Fd(ends[0]);
  }
  bool leaves_nobody() const {
    pollfd closed{left.get(), POLLIN, 0};
    return ::poll(&closed, 1, patience_ms) == 1;
  }
  bool leaves_somebody() const { return ::kill(-pid, SIGKILL) == 0; }

  static constexpr int patience_ms = 60'000;
  int pid = 0;
  sys::Fd left;
};

}  // namespace

TEST_CASE_FIXTURE(KernelFixture, "children: what a child leaves in its group ends with it, if that was asked for") {
  const Subreaper subreaper;
  using sys::Leftovers;
  struct Case {
    Leftovers leftovers;
    int status;
    bool live;
  };
  for (const Case& c : {Case{Leftovers::live, 1, true}, Case{Leftovers::die, 0, false}, Case{Leftovers::die, 1, false},
                        Case{Leftovers::die_on_failure, 0, true}, Case{Leftovers::die_on_failure, 1, false}}) {
    CAPTURE(c.status);
    CAPTURE(static_cast<int>(c.leftovers));
    const Leader leader(c.status);
    int status = -1;
    children.expect(
        leader.pid, [&](const sys::Exit& exit) { status = exit.status; }, c.leftovers);
    run_until([&] { return status != -1; });
    CHECK(status == c.status << 8);
    CHECK((c.live ? leader.leaves_somebody() : leader.leaves_nobody()));
  }
}
