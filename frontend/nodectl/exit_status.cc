#include "frontend/nodectl/exit_status.h"

#include <cerrno>

namespace frontend {

int exit_status_of_start(int code) {
  switch (code) {
    case ENOENT:
      return exit_not_found;
    case EACCES:
    case EISDIR:
    case ENOEXEC:
      return exit_cannot_run;
    default:
      return exit_failure;
  }
}

int exit_status_of_wait(int status) {
  const int signal = status & 0x7f;
  return signal != 0 ? exit_signal_base + signal : (status >> 8) & 0xff;
}

int exit_status_of(const transport::RunEnd& end) {
  if (!end.started) return exit_status_of_start(end.code);
  return end.reason.empty() ? exit_status_of_wait(end.status) : exit_failure;
}

}  // namespace frontend
