// Carries out the steps of a Setup message, each as soon as those that it waits for are over, a bounded number at a
// time. An attempt (attempt.h) has the step's deadline; failures are retried with growing pauses, then decide by
// on_failure. Every beginning, end and retry is reported as it happens.
//
//   idle --start--> running --last step over, a failure that counts, or the plan's limit--> idle (SetupDone)
//
//   of a step:  waiting --those before it over--> running <--pause--> failed attempt
//                  '-> skipped                       '--> over
//
// A new start() while one is running cancels the old one: the front end's newest word counts.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "content/cache.h"
#include "setup/step.h"
#include "sys/files.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/machine.h"
#include "sys/mounts.h"
#include "sys/worker.h"
#include "transport/messages.h"

namespace setup {

// Runs a program to its end for a `run` step: the process library's launcher, handed in by the main program.
// The returned function cancels (kills) it.
using RunProgram = std::function<std::function<void()>(const transport::RunStep& step, const std::string& name,
                                                       std::function<void(sys::Status)> done)>;
// Has a service running under that name; `done` is called, from the loop, when it runs. The returned function gives up
// what is not running yet.
using KeepService = std::function<std::function<void()>(const transport::ServiceStep& step, const std::string& name,
                                                        std::function<void(sys::Result<StepOutcome>)> done)>;

struct RunnerHooks {
  std::function<void(const transport::StepReport&)> report;
  std::function<void(const transport::SetupDone&)> done;
  RunProgram run_program;
  KeepService keep_service;
  std::function<sys::Result<StepOutcome>(const transport::LimitsStep&)> set_limits;
  std::function<std::set<transport::ContentHash>()> in_force = {};  // what services need that are kept
  std::function<std::uint64_t()> random;                            // for the pauses
};

class Runner {
 public:
  static constexpr std::size_t max_at_once = 8;  // steps

  Runner(sys::Loop& loop, sys::Workers& workers, StepSystem system, content::Cache& cache, sys::Log& log,
         RunnerHooks hooks);
  ~Runner();
  void start(transport::Setup setup);
  void cancel();
  bool running() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace setup
