#include "setup/runner.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "setup/attempt.h"
#include "sys/text.h"

namespace setup {
namespace {

constexpr std::uint32_t longest_pause_s = 10;  // between two attempts

struct Progress {
  std::size_t step = 0;  // index in the message
  std::uint32_t attempt = 0;
  sys::Instant began;  // the step, first attempt
};

// Contents that a step copies and no program of the plan needs: once copied they are memory for nothing.
std::set<transport::ContentHash> copied_only(const transport::Setup& setup) {
  std::set<transport::ContentHash> hashes;
  for (const transport::Step& step : setup.steps)
    if (const auto* file = std::get_if<transport::FileStep>(&step.action)) hashes.insert(file->content.hash);
  for (const transport::Step& step : setup.steps)
    if (const auto* run = std::get_if<transport::RunStep>(&step.action))
      for (const transport::FileEntry& entry : run->files)
        hashes.erase(entry.content.hash);
  return hashes;
}

}  // namespace

struct Runner::State {
  sys::Loop& loop;
  content::Cache& cache;
  sys::Log& log;
  RunnerHooks hooks;
  AttemptTools tools;

  bool running = false;
  transport::Setup setup;
  Progress now;
  std::unique_ptr<Attempt> attempt;
  sys::Timer next;  // begins the next step or attempt

  State(sys::Loop& loop_, sys::Workers& workers, StepSystem system, content::Cache& cache_, sys::Log& log_,
        RunnerHooks hooks_)
      : loop(loop_),
        cache(cache_),
        log(log_),
        hooks(std::move(hooks_)),
        tools{loop_, workers, system, cache_, hooks.run_program},
        next(loop_) {}

  const transport::Step& step() const { return setup.steps[now.step]; }
  void begin_step();
  void begin_attempt(const std::string& why);
  void on_attempt(const AttemptEnd& end);
  void on_success(StepOutcome outcome);
  void retry(const sys::Error& error);
  void on_failure(const sys::Error& error);
  void skip_rest(const std::string& why);
  void report(transport::Outcome outcome, int code, std::string reason);
  void finish(std::string failure);
  void stop();
};

void Runner::State::begin_step() {
  if (now.step == setup.steps.size()) return finish({});
  now.attempt = 0;
  now.began = loop.clock().now();
  begin_attempt(describe(step()));
}

void Runner::State::begin_attempt(const std::string& why) {
  now.attempt++;
  report(transport::Outcome::running, 0, why);
  attempt = std::make_unique<Attempt>(tools, step(), [this](const AttemptEnd& end) { on_attempt(end); });
}

void Runner::State::on_attempt(const AttemptEnd& end) {
  attempt.reset();
  if (end.outcome) return on_success(*end.outcome);
  if (now.attempt <= step().retries && !end.stuck) return retry(end.outcome.error());
  on_failure(end.outcome.error());
}

void Runner::State::on_success(StepOutcome outcome) {
  const std::string what = describe(step());
  const std::string reason = outcome.changed ? what : what + ": nothing to do";
  report(transport::Outcome::done, 0, reason);
  log.info("setup step ", step().name, ": ", reason);
  now.step++;
  next.set(sys::Duration::zero(), [this] { begin_step(); });
}

void Runner::State::retry(const sys::Error& error) {
  const std::uint32_t pause_s = std::min(now.attempt, longest_pause_s);
  const std::string reason = error.text();
  report(transport::Outcome::running, error.code, sys::cat(reason, "; again in ", pause_s, " s"));
  log.warning("setup step ", step().name, ", attempt ", now.attempt, ": ", reason, "; again in ", pause_s, " s");
  next.set(std::chrono::seconds(pause_s), [this, reason] {
    begin_attempt(
        sys::cat("attempt ", now.attempt + 1, " of ", step().retries + std::uint64_t{1}, ", after: ", reason));
  });
}

void Runner::State::on_failure(const sys::Error& error) {
  if (step().on_failure == transport::OnFailure::go_on) {
    report(transport::Outcome::ignored, error.code, error.text());
    log.warning("setup step ", step().name, ": ", error.text(), "; ignoring it, as the plan says");
    now.step++;
    return next.set(sys::Duration::zero(), [this] { begin_step(); });
  }
  report(transport::Outcome::failed, error.code, error.text());
  const std::string reason = sys::cat("step ", step().name, ": ", error.text());
  log.error("setup ", reason);
  skip_rest(sys::cat("step ", step().name, " failed"));
  finish(reason);
}

void Runner::State::skip_rest(const std::string& why) {
  now.attempt = 0;
  now.began = loop.clock().now();
  for (now.step++; now.step < setup.steps.size(); now.step++)
    report(transport::Outcome::skipped, 0, why);
}

void Runner::State::report(transport::Outcome outcome, int code, std::string reason) {
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(loop.clock().now() - now.began);
  transport::StepReport report;
  report.plan = setup.plan;
  report.step = step().index;
  report.name = step().name;
  report.outcome = outcome;
  report.attempt = now.attempt;
  report.code = code;
  report.reason = std::move(reason);
  report.duration_us = static_cast<std::uint64_t>(spent.count());
  hooks.report(report);
}

void Runner::State::finish(std::string failure) {
  const transport::SetupDone done{setup.plan, failure.empty(), std::move(failure)};
  stop();
  hooks.done(done);
}

void Runner::State::stop() {
  next.cancel();
  attempt.reset();
  running = false;
  for (const auto& hash : copied_only(setup))
    cache.drop(hash);
  setup = {};
}

Runner::Runner(sys::Loop& loop, sys::Workers& workers, StepSystem system, content::Cache& cache, sys::Log& log,
               RunnerHooks hooks)
    : state_(std::make_unique<State>(loop, workers, system, cache, log, std::move(hooks))) {}

Runner::~Runner() = default;

void Runner::start(transport::Setup setup) {
  if (running()) {
    state_->log.notice("setup plan ", state_->setup.plan, " gives way to plan ", setup.plan);
    state_->stop();
  }
  state_->running = true;
  state_->setup = std::move(setup);
  state_->now = {};
  state_->next.set(sys::Duration::zero(), [state = state_.get()] { state->begin_step(); });
}

void Runner::cancel() {
  if (running()) state_->stop();
}

bool Runner::running() const { return state_->running; }

}  // namespace setup
