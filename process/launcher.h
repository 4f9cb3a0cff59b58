// Starts the processes that the front end sends and is the truth about them: what runs, what it says, how it
// ended. docs/STATES.md has the states of a process:
//
//   fetching --content here--> starting --exec--> running --reaped, output drained--> ended
//
// A process that cannot start ends in `Launched` with an errno and a reason; one that has started ends in ProcessEnd, after
// the last byte of its output. Either is kept, with the output that nobody has taken, until the front end says that it has
// come to whom it concerns (forget()): whatever breaks in between, nothing is lost and nothing happens twice.
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
  std::function<void(const transport::HeldProcesses&)> held = {};
  std::function<void(const transport::InputCredit&)> input = {};
  std::function<void(const transport::JobProcesses&)> processes = {};
};

class Launcher {
 public:
  static constexpr std::size_t max_processes = 4096;

  Launcher(ProcessTools tools, sys::Log& log, LauncherHooks hooks);
  ~Launcher();

  void launch(transport::Launch launch);
  void signal(const transport::Signal& signal);
  void forget(const transport::Forget& message);
  // To a front end that has just welcomed this node: what is held here, and what it may not have heard.
  void report_all();
  // What carries output away: there, or able to take more; or not.
  void set_output_open(bool open);
  // Output that may have been lost on its way is sent once more.
  void rewind_output();
  void taken(const transport::StreamCredit& credit);
  // A process that is sent more than its window is killed: whoever sends it does not keep to what has been agreed.
  void feed(const transport::StreamInput& input);
  void resize(const transport::Resize& resize);
  // A new connection: says for each process from where on its input is wanted.
  void repeat_input();
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
  // Kills all processes that the front end has started. How they ended is kept for it.
  void kill_all();
  // Processes that run, or are being started.
  std::size_t running() const;
  // And those that have ended and are kept.
  std::size_t held() const;
  // Those of jobs that run.
  std::vector<KnownRank> ranks() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace process
