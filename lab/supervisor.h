// The power supply of one machine. How PID 1 ends says what the node wants, as reboot(2) in a pid namespace
// has it:
//
//   off --boot--> on --SIGHUP: restart--> off for a moment --> on
//                 on --SIGINT: power off, or SIGTERM to the supervisor: power cut--> off, the end
//                 on --anything else--> died, the end
#pragma once

#include "lab/console.h"
#include "lab/machine.h"

namespace lab {

// Exit statuses of the program.
enum class Outcome { off = 0, failed = 1, died = 3 };

// Runs the machine until its end. SIGTERM and SIGCHLD have to be blocked already.
Outcome supervise(const MachineSpec& spec, Console& console);

}  // namespace lab
