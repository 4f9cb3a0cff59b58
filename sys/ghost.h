// Ghosts: processes of this machine that stand for processes elsewhere. `ps` shows a ghost by the name of what it stands
// for; every signal that it gets is reported; it stops, continues and ends as it is told to. It is a fork that sleeps in
// sigwaitinfo(2), with a page or two of its own, and dies with the process that has made it.
//
// A ghost cannot report SIGKILL and SIGSTOP: who has made it sees that it has died or stopped (sys/children.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sys/loop.h"
#include "sys/result.h"

namespace sys {

struct GhostSignal {
  std::uint32_t index = 0;  // of the ghost
  std::int32_t ghost = 0;   // its pid: the index may be another one's by now
  std::int32_t signal = 0;
  bool from_terminal = false;  // the kernel has sent it to the whole foreground group
  bool queued = false;         // it carries `value` (sigqueue(3))
  std::int32_t value = 0;
  std::int32_t sender = 0;  // pid, when a process has sent it
};

class GhostMaker {
 public:
  virtual ~GhostMaker() = default;
  // A child of this process. `name`: as ps -C has it, cut at 15 bytes; `command`: its command line; `pid`: that it is to have, 0: any.
  // Returns its pid. Its end is for the caller to reap. EEXIST: `pid` is taken; EPERM: giving pids is not for this user.
  virtual Result<int> make(std::uint32_t index, const std::string& name, const std::string& command, int pid = 0) = 0;
  // It ends with that wait(2) status, also when it is stopped.
  virtual void end(std::uint32_t index, int pid, int status) = 0;
  // It goes, without a word: its index may be another one's already.
  virtual void discard(int pid) = 0;
  // SIGSTOP, SIGCONT: not reported.
  virtual void stop(int pid) = 0;
  virtual void resume(int pid) = 0;
};

// At most `count` ghosts, with indices below it. `arguments`, `argument_count`: of main(); a ghost writes its command line
// over its copy of them. `ignored`: signals that their caller wants ignored, and does (sys/signals.h): ghosts do not hear them.
Result<std::unique_ptr<GhostMaker>> make_ghost_maker(Loop& loop, char** arguments, int argument_count,
                                                     std::uint32_t count, std::uint64_t ignored,
                                                     std::function<void(const GhostSignal&)> heard);

}  // namespace sys
