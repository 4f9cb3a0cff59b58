// Starts the processes that the front end sends and is the truth about them: what runs, what it says, how it
// ended. docs/STATES.md has the states of a process:
//
//   fetching --content here--> starting --exec--> running --reaped, output drained--> ended
//
// A process that cannot start ends in `Launched` with an errno and a reason; one that has started ends in ProcessEnd, after
// the last byte of its output.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "process/process.h"
#include "process/process_table.h"
#include "sys/log.h"
#include "transport/messages.h"

namespace process {

struct LauncherHooks {
  std::function<void(const transport::Launched&)> launched;
  std::function<void(const transport::ProcessEnd&)> ended;
  std::function<void(const transport::StreamOutput&)> output;
  std::function<void(const transport::ProcessState&)> state = {};
};

class Launcher {
 public:
  static constexpr std::size_t max_processes = 4096;

  Launcher(ProcessTools tools, sys::Log& log, LauncherHooks hooks);
  ~Launcher();

  void launch(transport::Launch launch);
  void signal(const transport::Signal& signal);
  void taken(const transport::StreamCredit& credit);
  // Runs a program of a setup step: output goes to the log, line by line, as "<name>: ...". The function returned kills it.
  // What it has left running in its process group goes on when it succeeds, and is ended with it when it does not.
  std::function<void()> run_step(const transport::RunStep& step, const std::string& name,
                                 std::function<void(sys::Status)> done);
  // Everything that the job has here, also what has left its ranks' process groups. Without cgroups: those groups.
  transport::KilledProcesses kill(const transport::KillJob& kill);
  // A process of any job. Without cgroups: a rank.
  transport::KilledProcesses kill(const transport::KillProcess& kill);
  // Once in a while: lets go of the cgroups of jobs whose last process has gone.
  void sweep();
  // The front end is gone: kills all processes that it has started.
  void kill_all();
  std::size_t running() const;
  // Those of jobs that run.
  std::vector<KnownRank> ranks() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace process
