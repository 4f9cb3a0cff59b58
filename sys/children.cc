#include "sys/children.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "sys/fd.h"
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

// Whether the process neither catches nor ignores the signal: by the masks in proc(5).
bool leaves_to_default(int pid, int signal) {
  // Very many groups stand before what is looked for.
  char text[32768];
  const Fd file(::open(cat("/proc/", pid, "/status").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t size = file.valid() ? ::read(file.get(), text, sizeof text) : -1;
  if (size <= 0) return true;
  const std::string_view status(text, static_cast<std::size_t>(size));
  for (const std::string_view key : {"\nSigIgn:\t", "\nSigCgt:\t"}) {
    const auto at = status.find(key);
    if (at == status.npos) return true;
    std::uint64_t mask = 0;
    const char* const first = status.data() + at + key.size();
    (void)std::from_chars(first, status.data() + status.size(), mask, 16);
    if ((mask >> (signal - 1) & 1) != 0) return false;
  }
  return true;
}

bool stops_by_default(int signal) { return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU; }

// As wait(2) has it.
int state_of(const siginfo_t& info) { return info.si_code == CLD_CONTINUED ? 0xffff : info.si_status << 8 | 0x7f; }

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
  if (stops_by_default(signal) && leaves_to_default(pid, signal)) signal = SIGSTOP;
  if (group && ::kill(-pid, signal) == 0) return {};
  if (group && errno != ESRCH) return failure(errno, what());
  if (::kill(pid, signal) < 0) return failure(errno, what());
  return {};
}

Status KernelChildren::queue(int pid, int signal, int value) {
  const auto what = [&] { return cat("send signal ", signal, " with value ", value, " to process ", pid); };
  if (!expected_.contains(pid)) return failure(ESRCH, what());
  if (::sigqueue(pid, signal, {.sival_int = value}) < 0) return failure(errno, what());
  return {};
}

void KernelChildren::watch_states(int pid, std::function<void(int)> handler) {
  if (const auto child = expected_.find(pid); child != expected_.end()) child->second.on_state = std::move(handler);
}

// False: no child has stopped or gone on.
bool KernelChildren::tell_one_state() {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WSTOPPED | WCONTINUED | WNOHANG) < 0 || info.si_pid == 0) return false;
  const auto child = expected_.find(info.si_pid);
  if (child == expected_.end()) return true;
  const auto handler = child->second.on_state;  // a copy: it may end the watch
  if (handler) handler(state_of(info));
  return true;
}

void KernelChildren::reap() {
  for (int i = 0; i < per_turn; ++i) {
    try {
      if (!reap_one() && !tell_one_state()) return;
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
