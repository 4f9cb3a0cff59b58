// The ghosts of a run: one for each rank, children of this process, with the pids that the processes get on their nodes. What ranks
// start themselves has ghosts as well: process_ghosts.h.
//
//   what happens to a ghost                    what follows
//   -----------------------------------------  ------------------------------------------------------------------
//   a signal                                   the rank's process gets it; from the terminal, its process group
//   SIGKILL                                    likewise, and the rank has no ghost any more
//   SIGSTOP, and SIGCONT after it              likewise
//
//   what happens to a process                  what follows
//   -----------------------------------------  ------------------------------------------------------------------
//   it stops, goes on                          so does its ghost
//   it ends                                    its ghost ends with the same status
//
// After ^Z this process stops as well, when all of its ranks have: that is what a shell waits for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/process_ghosts.h"
#include "sys/children.h"
#include "sys/ghost.h"
#include "sys/signals.h"
#include "transport/messages.h"

namespace frontend {

class RunGhosts {
 public:
  static constexpr unsigned most_tries = 16;                                   // for a pid that the node has free
  static constexpr sys::Duration same_signal = std::chrono::milliseconds(20);  // to all of a process group
  static constexpr sys::Duration stop_patience = std::chrono::seconds(1);

  RunGhosts(Context& context, std::vector<std::string> command, std::function<void(const transport::Message&)> send);
  ~RunGhosts();

  // Makes a ghost for each rank and says their pids.
  sys::Status begin(const transport::RunStarted& started);
  void on_wanted(std::uint32_t rank);
  void on_state(const transport::RunState& state);
  void on_end(std::uint32_t rank, int status);
  void on_processes(const transport::RunProcesses& processes);
  // One that this process has got.
  void on_own_signal(const sys::SignalFacts& signal);

 private:
  struct Ghost {
    int pid = 0;  // 0: none, or gone
    unsigned tries = 0;
    bool stopped = false;          // the ghost is
    bool process_stopped = false;  // on its node
    bool over = false;             // the rank is
    bool has_other_pid = false;    // the process has, and that was said
    int heard = 0;                 // the last signal
    sys::Instant heard_at{};
  };

  sys::Result<int> make(std::uint32_t rank);
  std::string name_of(std::uint32_t rank) const;
  void watch(std::uint32_t rank, int pid);
  void say_other_pid(std::uint32_t rank);
  void on_heard(const sys::GhostSignal& signal);
  void on_ghost_state(std::uint32_t rank, int pid, int status);
  void on_ghost_dead(std::uint32_t rank, int pid);
  void forward_to_rest(const sys::SignalFacts& signal);
  void stop_if_all_have();

  Context& context_;
  std::vector<std::string> command_;
  std::function<void(const transport::Message&)> send_;
  std::vector<std::string> names_;
  std::vector<Ghost> ghosts_;
  sys::KernelChildren children_;
  std::unique_ptr<sys::SignalSource> child_signals_;
  std::unique_ptr<sys::GhostMaker> maker_;
  std::unique_ptr<ProcessGhosts> processes_;
  std::map<int, sys::Timer> forwarding_;  // by signal
  sys::Timer stopping_;                   // set: ^Z was typed
};

}  // namespace frontend
