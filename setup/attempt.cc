#include "setup/attempt.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "setup/verdict.h"
#include "sys/text.h"

namespace setup {
namespace {

sys::Result<StepOutcome> carry_out(const transport::Step& step, const std::string& content, StepSystem system) {
  return std::visit(
      [&](const auto& action) -> sys::Result<StepOutcome> {
        using Action = std::decay_t<decltype(action)>;
        if constexpr (std::is_same_v<Action, transport::FileStep>)
          return perform(action, content, system);
        else if constexpr (std::is_same_v<Action, transport::RunStep>)
          return sys::refusal("a program does not run in a worker");
        else
          return perform(action, system);
      },
      step.action);
}

sys::Duration deadline_of(const transport::Step& step) {
  return step.timeout_ms == 0 ? Attempt::default_deadline : std::chrono::milliseconds(step.timeout_ms);
}

}  // namespace

Attempt::Attempt(AttemptTools tools, const transport::Step& step, std::function<void(AttemptEnd)> done)
    : tools_(tools),
      step_(step),
      done_(std::move(done)),
      deadline_(deadline_of(step)),
      began_(tools.loop.clock().now()),
      timer_(tools.loop) {
  timer_.set(sys::Duration::zero(), [this] { begin(); });
}

Attempt::~Attempt() {
  if (worker_ != 0) tools_.workers.cancel(worker_);
  if (kill_program_) kill_program_();
}

void Attempt::begin() {
  if (const auto* file = std::get_if<transport::FileStep>(&step_.action)) return want_content(*file);
  if (const auto* run = std::get_if<transport::RunStep>(&step_.action)) return run_program(*run);
  start_worker({});
}

void Attempt::want_content(const transport::FileStep& action) {
  timer_.set(deadline_, [this] { on_deadline(); });
  tools_.cache.want(action.content, [this, alive = std::weak_ptr(alive_)](sys::Result<std::string> path) {
    if (alive.expired() || !done_) return;
    if (!path) return finish({sys::within("fetch its content", path.error())});
    start_worker(*path);
  });
}

// The worker has what is left of the deadline; Workers watches it, and knows a worker that does not die.
void Attempt::start_worker(const std::string& content) {
  timer_.cancel();
  const auto spent = tools_.loop.clock().now() - began_;
  sys::WorkerSpec spec;
  spec.name = sys::cat("setup step ", step_.name);
  spec.deadline = std::max<sys::Duration>(deadline_ - spent, std::chrono::milliseconds(1));
  spec.work = [this, content](sys::WorkerOutput& output) {
    return write_verdict(carry_out(step_, content, tools_.system), output);
  };
  auto started = tools_.workers.start(std::move(spec), [this](const sys::WorkerResult& result) {
    worker_ = 0;
    finish({read_verdict(result, deadline_), result.end == sys::WorkerEnd::hung});
  });
  if (!started) return finish({tl::unexpected(started.error())});
  worker_ = *started;
}

void Attempt::run_program(const transport::RunStep& action) {
  timer_.set(deadline_, [this] { on_deadline(); });
  kill_program_ = tools_.run_program(action, step_.name, [this](const sys::Status& status) {
    kill_program_ = nullptr;
    if (!status) return finish({tl::unexpected(status.error())});
    finish({StepOutcome{}});
  });
}

void Attempt::on_deadline() {
  if (auto kill = std::exchange(kill_program_, nullptr)) {
    kill();
    return finish({sys::refusal(killed_at(deadline_))});
  }
  finish({sys::refusal(
      sys::cat("its content did not arrive within ", in_words(deadline_), ": is the front end reachable?"))});
}

void Attempt::finish(AttemptEnd end) {
  timer_.cancel();
  const auto done = std::exchange(done_, nullptr);  // a local: the call may destroy this object
  done(std::move(end));
}

}  // namespace setup
