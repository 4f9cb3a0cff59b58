// Carries out the steps of a Setup message in order. Each attempt of a step runs in a worker process with the step's
// deadline (what needs content waits for it first, within the same deadline); failures are retried, then decide by
// on_failure. Every beginning, end and retry is reported as it happens.
//
//   idle --start--> running --last step done, or a failure that counts--> idle (SetupDone)
//
// A new start() while one is running cancels the old one: the front end's newest word counts.
#pragma once

#include <functional>
#include <memory>
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

struct RunnerHooks {
  std::function<void(const transport::StepReport&)> report;
  std::function<void(const transport::SetupDone&)> done;
  RunProgram run_program;
};

class Runner {
 public:
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
