#include "frontend/nodectl/exit_status.h"

#include <cerrno>

namespace frontend {

int exit_status_of_start(int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return exit_not_found;
    case E2BIG:
    case EACCES:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOEXEC:
    case EPERM:
    case ETXTBSY:
      return exit_cannot_run;
    default:
      return exit_failure;
  }
}

bool ended_by_signal(int status) { return (status & 0x7f) != 0; }

int exit_status_of_wait(int status) {
  return ended_by_signal(status) ? exit_signal_base + (status & 0x7f) : (status >> 8) & 0xff;
}

int exit_status_of(const transport::RunEnd& end) {
  if (!end.started) return exit_status_of_start(end.code);
  return end.reason.empty() ? exit_status_of_wait(end.status) : exit_failure;
}

}  // namespace frontend
