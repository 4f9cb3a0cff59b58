// One attempt of one step: waits for the content that the step needs, then carries it out in a worker, or runs its
// program, all of it within the step's deadline.
//
//   content --here--> work --worker or program ended--> over
//      |                 |
//      +-----------------+--deadline--> over
//
// Destroying it cancels it: the worker or the program is killed, and nobody is told.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "content/cache.h"
#include "setup/runner.h"
#include "setup/step.h"
#include "sys/loop.h"
#include "sys/worker.h"
#include "transport/messages.h"

namespace setup {

struct AttemptTools {
  sys::Loop& loop;
  sys::Workers& workers;
  StepSystem system;
  content::Cache& cache;
  const RunProgram& run_program;
};

struct AttemptEnd {
  sys::Result<StepOutcome> outcome;
  bool stuck = false;  // its worker does not die: another attempt would only be one more of them
};

class Attempt {
 public:
  static constexpr sys::Duration default_deadline = std::chrono::seconds(30);  // of a step that names none

  // `step` and the tools outlive the attempt. `done` is called once, from the loop; it may destroy the attempt.
  Attempt(AttemptTools tools, const transport::Step& step, std::function<void(AttemptEnd)> done);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

 private:
  void begin();
  void want_content(const transport::FileStep& action);
  void start_worker(const std::string& content);
  void run_program(const transport::RunStep& action);
  void on_deadline();
  void finish(AttemptEnd end);

  AttemptTools tools_;
  const transport::Step& step_;
  std::function<void(AttemptEnd)> done_;
  const sys::Duration deadline_;
  const sys::Instant began_;
  sys::Timer timer_;
  sys::WorkerId worker_ = 0;                                    // 0: none runs
  std::function<void()> kill_program_;                          // empty: none runs
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what the cache's answer looks at
};

}  // namespace setup
