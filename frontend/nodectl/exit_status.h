// What nodectl ends with, and what `run` makes of its ranks: the highest exit status, as a shell would see each of them.
#pragma once

#include "transport/messages.h"

namespace frontend {

inline constexpr int exit_failure = 1;        // a node or step failed
inline constexpr int exit_usage = 2;          // the command line was wrong
inline constexpr int exit_cannot_run = 126;   // no program for this machine, or no permission
inline constexpr int exit_not_found = 127;    // no such program
inline constexpr int exit_signal_base = 128;  // plus the signal's number
inline constexpr int exit_rsh_failure = 255;  // as ssh ends when it is ssh that fails, and not the command

// Of a start that failed with this errno (0: not the kernel's).
int exit_status_of_start(int code);
// Of an ended process: its exit status, or 128 + signal. `status` is as wait(2) gives it.
int exit_status_of_wait(int status);
// Whether a signal ended it.
bool ended_by_signal(int status);
// Of one rank.
int exit_status_of(const transport::RunEnd& end);

}  // namespace frontend
