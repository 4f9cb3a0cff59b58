// One attempt of one step, within the step's deadline. What can hang is done in workers; programs and services are the
// process library's, limits the launcher's.
//
//   most kinds       work --worker ended--> over
//   file, module     survey --nothing to do--> over
//                        '--entries--> fetch --content here--> work --worker ended--> over
//   run, service     program --ended, or runs--> over
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
  const RunnerHooks& hooks;
  sys::Instant received;  // when the Setup message came
  // No other step needs this content when the step has it.
  std::function<bool(const transport::ContentHash&)> is_spare;
};

struct AttemptEnd {
  sys::Result<StepOutcome> outcome;
  bool stuck = false;  // its worker does not die: another attempt would only be one more of them
};

class Attempt {
 public:
  static constexpr sys::Duration default_deadline = std::chrono::seconds(30);  // of a step that names none

  // `step` and what the tools refer to outlive the attempt. `done` is called once, from the loop; it may destroy the
  // attempt.
  Attempt(AttemptTools tools, const transport::Step& step, std::function<void(AttemptEnd)> done);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

 private:
  void begin();
  template <class Action> void begin(const Action& action);
  void begin(const transport::FileStep& action);
  void begin(const transport::ModuleStep& action);
  void begin(const transport::RunStep& action);
  void begin(const transport::ServiceStep& action);
  void begin(const transport::LimitsStep& action);
  void begin(const transport::TimeStep& action);

  KnownFiles known_files() const;  // of this step
  template <class Action> void look(const Action& action, std::size_t count);
  template <class Action> void fetch(const Action& action, Entries which);
  template <class Action> void work(const Action& action, const Entries& which);
  void start_worker(std::function<int(sys::WorkerOutput&)> work, std::function<void(const sys::WorkerResult&)> done);
  void on_worked(const sys::WorkerResult& result);
  void on_program(const sys::Status& status);
  void on_deadline();
  void finish(AttemptEnd end);
  sys::Duration time_left() const;

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
