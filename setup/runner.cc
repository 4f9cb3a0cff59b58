#include "setup/runner.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "setup/attempt.h"
#include "setup/content_uses.h"
#include "setup/nfs.h"
#include "setup/verdict.h"
#include "sys/backoff.h"
#include "sys/text.h"

namespace setup {
namespace {

// Of a mount that is refused rather than not answered, whatever the plan says for servers that are away.
constexpr std::uint32_t max_refusals = 5;
constexpr sys::BackoffPolicy pauses = {.cap = std::chrono::seconds(10)};  // between two attempts

// A step that has begun.
struct Progress {
  Progress(sys::Loop& loop, const std::function<std::uint64_t()>& random)
      : began(loop.clock().now()), backoff(pauses, random), next(loop) {}
  sys::Instant began;  // its first attempt
  std::uint32_t attempt = 0;
  std::uint32_t refusals = 0;  // that waiting does not mend
  sys::Backoff backoff;
  std::unique_ptr<Attempt> now;  // empty: it pauses
  sys::Timer next;
};

}  // namespace

struct Runner::State {
  sys::Loop& loop;
  sys::Workers& workers;
  StepSystem system;
  content::Cache& cache;
  sys::Log& log;
  RunnerHooks hooks;

  bool running = false;
  transport::Setup setup;
  sys::Instant received;
  ContentUses uses;
  std::map<std::uint32_t, std::size_t> places;  // of steps in the message that are not over, by index in the plan
  std::map<std::size_t, Progress> begun;        // by place in the message
  std::size_t over = 0;                         // steps
  sys::Timer turn;                              // begins what can begin
  sys::Timer limit;

  State(sys::Loop& loop_, sys::Workers& workers_, StepSystem system_, content::Cache& cache_, sys::Log& log_,
        RunnerHooks hooks_)
      : loop(loop_),
        workers(workers_),
        system(system_),
        cache(cache_),
        log(log_),
        hooks(std::move(hooks_)),
        turn(loop_),
        limit(loop_) {}

  const transport::Step& step(std::size_t place) const { return setup.steps[place]; }
  bool can_begin(std::size_t place) const;
  void schedule();
  void begin_steps();
  void begin_attempt(std::size_t place, const std::string& why);
  void on_attempt(std::size_t place, const AttemptEnd& end);
  void on_success(std::size_t place, const StepOutcome& outcome);
  void retry(std::size_t place, const sys::Error& error);
  void on_failure(std::size_t place, const sys::Error& error);
  void on_limit();
  void end_step(std::size_t place, transport::Outcome outcome, int code, std::string reason);
  void skip_rest(const std::string& why);
  void report(std::size_t place, transport::Outcome outcome, int code, std::string reason);
  void drop(const std::vector<transport::ContentHash>& hashes);
  void finish(std::string failure);
  void stop();
};

// Those that it waits for stand before it in the message; what is not in it is over.
bool Runner::State::can_begin(std::size_t place) const {
  const auto& after = step(place).after;
  return std::none_of(after.begin(), after.end(), [&](std::uint32_t index) {
    const auto found = places.find(index);
    return found != places.end() && found->second < place;
  });
}

void Runner::State::schedule() {
  turn.set(sys::Duration::zero(), [this] { begin_steps(); });
}

void Runner::State::begin_steps() {
  if (places.size() + over != setup.steps.size()) return finish("two steps of the plan have the same number");
  if (places.empty()) return finish({});
  std::vector<std::size_t> waiting;
  for (const auto& [index, place] : places)
    if (!begun.contains(place)) waiting.push_back(place);
  std::sort(waiting.begin(), waiting.end());
  for (const std::size_t place : waiting) {
    if (begun.size() == max_at_once) return;
    if (!can_begin(place)) continue;
    begun.try_emplace(place, loop, hooks.random);
    begin_attempt(place, describe(step(place)));
  }
}

void Runner::State::begin_attempt(std::size_t place, const std::string& why) {
  Progress& progress = begun.at(place);
  progress.attempt++;
  report(place, transport::Outcome::running, 0, why);
  const AttemptTools tools{loop, workers, system, cache, hooks, received, [this](const transport::ContentHash& hash) {
                             return uses.is_spare(hash);
                           }};
  progress.now =
      std::make_unique<Attempt>(tools, step(place), [this, place](const AttemptEnd& end) { on_attempt(place, end); });
}

void Runner::State::on_attempt(std::size_t place, const AttemptEnd& end) {
  Progress& progress = begun.at(place);
  progress.now.reset();
  if (end.outcome) return on_success(place, *end.outcome);
  const auto* mount = std::get_if<transport::MountStep>(&step(place).action);
  if (mount && is_refusal(*mount, end.outcome.error().code)) ++progress.refusals;
  const bool may_retry = progress.attempt <= step(place).retries && progress.refusals <= max_refusals;
  if (may_retry && !end.stuck) return retry(place, end.outcome.error());
  on_failure(place, end.outcome.error());
}

void Runner::State::on_success(std::size_t place, const StepOutcome& outcome) {
  const std::string what = describe(step(place));
  std::string reason = outcome.changed ? what : what + ": nothing to do";
  if (!outcome.remark.empty()) reason += sys::cat(": ", outcome.remark);
  log.info("setup step ", step(place).name, ": ", reason);
  end_step(place, transport::Outcome::done, 0, reason);
  schedule();
}

void Runner::State::retry(std::size_t place, const sys::Error& error) {
  Progress& progress = begun.at(place);
  const sys::Duration pause = progress.backoff.next();
  const std::string wait =
      in_words(std::max<sys::Duration>(std::chrono::round<std::chrono::seconds>(pause), std::chrono::seconds(1)));
  const std::string reason = error.text();
  report(place, transport::Outcome::running, error.code, sys::cat(reason, "; again in ", wait));
  log.warning("setup step ", step(place).name, ", attempt ", progress.attempt, ": ", reason, "; again in ", wait);
  progress.next.set(pause, [this, place, reason] {
    begin_attempt(place, sys::cat("attempt ", begun.at(place).attempt + 1, " of ",
                                  step(place).retries + std::uint64_t{1}, ", after: ", reason));
  });
}

void Runner::State::on_failure(std::size_t place, const sys::Error& error) {
  const std::string name = step(place).name;
  if (step(place).on_failure == transport::OnFailure::go_on) {
    log.warning("setup step ", name, ": ", error.text(), "; ignoring it, as the plan says");
    end_step(place, transport::Outcome::ignored, error.code, error.text());
    return schedule();
  }
  const std::string reason = sys::cat("step ", name, ": ", error.text());
  log.error("setup ", reason);
  end_step(place, transport::Outcome::failed, error.code, error.text());
  skip_rest(sys::cat("step ", name, " failed"));
  finish(reason);
}

void Runner::State::on_limit() {
  std::string names;
  for (const auto& [place, progress] : begun)
    names += sys::cat(names.empty() ? "" : ", ", step(place).name);
  const std::string reason = sys::cat("the plan's time limit is over; not done: ", names.empty() ? "the rest" : names);
  log.error("setup: ", reason);
  skip_rest("the plan's time limit is over");
  finish(reason);
}

void Runner::State::end_step(std::size_t place, transport::Outcome outcome, int code, std::string reason) {
  report(place, outcome, code, std::move(reason));
  begun.erase(place);
  places.erase(step(place).index);
  ++over;
  drop(uses.release(step(place)));
}

// Those that run are stopped.
void Runner::State::skip_rest(const std::string& why) {
  std::vector<std::size_t> left;
  for (const auto& [index, place] : places)
    left.push_back(place);
  std::sort(left.begin(), left.end());
  for (const std::size_t place : left)
    end_step(place, transport::Outcome::skipped, 0, begun.contains(place) ? sys::cat("stopped: ", why) : why);
}

void Runner::State::report(std::size_t place, transport::Outcome outcome, int code, std::string reason) {
  const auto progress = begun.find(place);
  transport::StepReport report;
  report.plan = setup.plan;
  report.step = step(place).index;
  report.name = step(place).name;
  report.outcome = outcome;
  report.code = code;
  report.reason = std::move(reason);
  report.attempt = 0;
  if (progress != begun.end()) {
    report.attempt = progress->second.attempt;
    const auto spent = loop.clock().now() - progress->second.began;
    report.duration_us =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(spent).count());
  }
  hooks.report(report);
}

void Runner::State::drop(const std::vector<transport::ContentHash>& hashes) {
  for (const auto& hash : hashes)
    cache.drop(hash);
}

void Runner::State::finish(std::string failure) {
  const transport::SetupDone done{setup.plan, failure.empty(), std::move(failure)};
  stop();
  hooks.done(done);
}

void Runner::State::stop() {
  turn.cancel();
  limit.cancel();
  begun.clear();
  places.clear();
  over = 0;
  running = false;
  drop(uses.end());
  setup = {};
}

Runner::Runner(sys::Loop& loop, sys::Workers& workers, StepSystem system, content::Cache& cache, sys::Log& log,
               RunnerHooks hooks)
    : state_(std::make_unique<State>(loop, workers, system, cache, log, std::move(hooks))) {}

Runner::~Runner() = default;

void Runner::start(transport::Setup setup) {
  State& state = *state_;
  if (running()) {
    state.log.notice("setup plan ", state.setup.plan, " gives way to plan ", setup.plan);
    state.stop();
  }
  state.running = true;
  state.setup = std::move(setup);
  state.received = state.loop.clock().now();
  state.uses.begin(state.setup, state.hooks.in_force ? state.hooks.in_force() : ContentUses::Hashes{});
  for (std::size_t place = 0; place < state.setup.steps.size(); ++place)
    state.places.insert_or_assign(state.setup.steps[place].index, place);
  if (state.setup.limit_ms != 0)
    state.limit.set(std::chrono::milliseconds(state.setup.limit_ms), [&state] { state.on_limit(); });
  state.schedule();
}

void Runner::cancel() {
  if (running()) state_->stop();
}

bool Runner::running() const { return state_->running; }

}  // namespace setup
