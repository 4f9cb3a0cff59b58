#include "sys/shutdown.h"

#include <linux/reboot.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sys/text.h"

namespace sys {

Status KernelShutdown::signal_everyone(int signal) {
  if (::getpid() != 1) return refusal(cat("send signal ", signal, " to every process: only PID 1 may"));
  if (::kill(-1, signal) != 0 && errno != ESRCH) {
    return failure(errno, cat("send signal ", signal, " to every process"));
  }
  return {};
}

void KernelShutdown::sync() { ::sync(); }

Status KernelShutdown::take_ctrl_alt_del() {
  if (::getpid() != 1) return refusal("take over Ctrl-Alt-Del: only PID 1 may");
  if (::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, nullptr) != 0) {
    return failure(errno, "take over Ctrl-Alt-Del");
  }
  return {};
}

}  // namespace sys
