#include "sys/children.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "sys/text.h"

namespace sys {

namespace {

std::int64_t microseconds(const timeval& time) { return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; }

// A child that has ended and waits to be reaped; pid 0 when there is none.
struct Zombie {
  int pid = 0;
  bool ended_well = false;
};

Zombie peek() {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return {};  // ECHILD: no children at all
  return {info.si_pid, info.si_code == CLD_EXITED && info.si_status == 0};
}

// Its group has its number, or is not there.
void end_group(const Zombie& leader, Leftovers leftovers) {
  if (leftovers == Leftovers::live || (leftovers == Leftovers::die_on_failure && leader.ended_well)) return;
  (void)::kill(-leader.pid, SIGKILL);
}

Exit reap_pid(int pid) {
  Exit exit{.pid = pid};
  rusage usage{};
  // Cannot fail: the child was there a moment ago and nobody else waits.
  ::wait4(pid, &exit.status, 0, &usage);
  exit.user_us = microseconds(usage.ru_utime);
  exit.system_us = microseconds(usage.ru_stime);
  exit.max_rss_kib = usage.ru_maxrss;
  return exit;
}

}  // namespace

std::string describe_status(int status) {
  if (WIFEXITED(status)) return cat("exit status ", WEXITSTATUS(status));
  if (WIFSIGNALED(status)) return cat("killed by signal ", WTERMSIG(status), " (", ::strsignal(WTERMSIG(status)), ")");
  return cat("wait status ", status);
}

void KernelChildren::expect(int pid, std::function<void(const Exit&)> handler, Leftovers leftovers) {
  expected_.insert_or_assign(pid, Expected{std::move(handler), leftovers});
}

Status KernelChildren::signal(int pid, int signal, bool group) {
  const auto what = [&] { return cat("send signal ", signal, " to ", group ? "process group " : "process ", pid); };
  if (!expected_.contains(pid)) return failure(ESRCH, what());
  if (group && ::kill(-pid, signal) == 0) return {};
  if (group && errno != ESRCH) return failure(errno, what());
  if (::kill(pid, signal) < 0) return failure(errno, what());
  return {};
}

void KernelChildren::reap() {
  for (int i = 0; i < per_turn; ++i) {
    try {
      if (!reap_one()) return;
    } catch (...) {
      reap_in_next_turn();
      throw;
    }
  }
  reap_in_next_turn();
}

void KernelChildren::reap_in_next_turn() {
  more_.set(Duration::zero(), [this] { reap(); });
}

bool KernelChildren::reap_one() {
  const Zombie zombie = peek();
  if (zombie.pid == 0) return false;
  auto expected =
      expected_.extract(zombie.pid);  // forgotten before it is reaped: the number may be anyone's afterwards
  if (!expected.empty()) end_group(zombie, expected.mapped().leftovers);
  const Exit exit = reap_pid(zombie.pid);
  if (expected.empty()) {
    ++orphans_;
  } else {
    expected.mapped().handler(exit);
  }
  return true;
}

}  // namespace sys
