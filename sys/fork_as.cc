#include "sys/fork_as.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace sys {

int fork_as(int pid, int group) {
  if (pid == 0 && group < 0) return ::fork();
  pid_t wanted = pid;
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  if (pid != 0) {
    arguments.set_tid = reinterpret_cast<std::uintptr_t>(&wanted);
    arguments.set_tid_size = 1;
  }
  if (group >= 0) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(group);
  }
  return static_cast<int>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

}  // namespace sys
