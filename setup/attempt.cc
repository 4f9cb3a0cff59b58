#include "setup/attempt.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "setup/verdict.h"
#include "sys/text.h"

namespace setup {
namespace {

sys::Duration deadline_of(const transport::Step& step) {
  return step.timeout_ms == 0 ? Attempt::default_deadline : std::chrono::milliseconds(step.timeout_ms);
}

// What has to be fetched for these entries.
std::vector<transport::FileEntry> contents_of(const transport::FileStep& step, const Entries& which) {
  std::vector<transport::FileEntry> files;
  for (const std::uint32_t i : which) {
    const transport::TreeEntry& entry = step.entries.at(i);
    if (const auto* content = std::get_if<transport::Content>(&entry.what)) files.push_back({entry.path, *content});
  }
  return files;
}
std::vector<transport::FileEntry> contents_of(const transport::ModuleStep& step, const Entries& which) {
  std::vector<transport::FileEntry> files;
  for (const std::uint32_t i : which)
    files.push_back({step.modules.at(i).name, step.modules.at(i).content});
  return files;
}

}  // namespace

Attempt::Attempt(AttemptTools tools, const transport::Step& step, std::function<void(AttemptEnd)> done)
    : tools_(std::move(tools)),
      step_(step),
      done_(std::move(done)),
      deadline_(deadline_of(step)),
      began_(tools_.loop.clock().now()),
      timer_(tools_.loop) {
  timer_.set(sys::Duration::zero(), [this] { begin(); });
}

Attempt::~Attempt() {
  if (worker_ != 0) tools_.workers.cancel(worker_);
  if (kill_program_) kill_program_();
}

void Attempt::begin() {
  std::visit([this](const auto& action) { begin(action); }, step_.action);
}

template <class Action> void Attempt::begin(const Action& action) {
  start_worker(
      [this, &action](sys::WorkerOutput& output) { return write_verdict(perform(action, tools_.system), output); },
      [this](const sys::WorkerResult& result) { on_worked(result); });
}

void Attempt::begin(const transport::FileStep& action) { look(action, action.entries.size()); }

void Attempt::begin(const transport::ModuleStep& action) { look(action, action.modules.size()); }

void Attempt::begin(const transport::RunStep& action) {
  timer_.set(deadline_, [this] { on_deadline(); });
  kill_program_ =
      tools_.hooks.run_program(action, step_.name, [this](const sys::Status& status) { on_program(status); });
}

void Attempt::begin(const transport::ServiceStep& action) {
  if (!tools_.hooks.keep_service) return finish({sys::refusal("this nodeinit keeps no services")});
  timer_.set(deadline_, [this] { on_deadline(); });
  kill_program_ = tools_.hooks.keep_service(action, step_.name, [this](sys::Result<StepOutcome> outcome) {
    kill_program_ = nullptr;
    finish({std::move(outcome)});
  });
}

void Attempt::begin(const transport::LimitsStep& action) {
  if (!tools_.hooks.set_limits) return finish({sys::refusal("this nodeinit sets no limits")});
  finish({tools_.hooks.set_limits(action)});
}

// Its time is that of the moment when it came: what has passed since is added as late as can be.
void Attempt::begin(const transport::TimeStep& action) {
  start_worker(
      [this, action](sys::WorkerOutput& output) {
        transport::TimeStep now = action;
        now.wall_ns += static_cast<std::uint64_t>((tools_.loop.clock().now() - tools_.received).count());
        return write_verdict(perform(now, tools_.system), output);
      },
      [this](const sys::WorkerResult& result) { on_worked(result); });
}

// ---------------------------------------------------------------- content

KnownFiles Attempt::known_files() const {
  return {tools_.system.files, tools_.system.clock, sys::cat(content::known_directory, "/", step_.index)};
}

template <class Action> void Attempt::look(const Action& action, std::size_t count) {
  start_worker(
      [this, &action](sys::WorkerOutput& output) {
        KnownFiles known = known_files();
        const auto found = survey(action, tools_.system, known);
        static_cast<void>(known.save());  // what is not remembered is read another time
        return write_survey(found, output);
      },
      [this, &action, count](const sys::WorkerResult& result) {
        worker_ = 0;
        auto which = read_survey(result, deadline_, count);
        if (!which) return finish({tl::unexpected(which.error()), result.end == sys::WorkerEnd::hung});
        if (which->empty()) return finish({StepOutcome{.changed = false}});
        fetch(action, std::move(*which));
      });
}

template <class Action> void Attempt::fetch(const Action& action, Entries which) {
  timer_.set(time_left(), [this] { on_deadline(); });
  auto wanted = contents_of(action, which);
  tools_.cache.want_all(wanted, [this, &action, which = std::move(which),
                                 alive = std::weak_ptr(alive_)](const sys::Result<std::vector<std::string>>& paths) {
    if (alive.expired() || !done_) return;
    timer_.cancel();
    if (!paths) return finish({sys::within("fetch its content", paths.error())});
    work(action, which);
  });
}

template <class Action> void Attempt::work(const Action& action, const Entries& which) {
  const Contents contents{[this](const transport::ContentHash& hash) { return tools_.cache.path_of(hash); },
                          tools_.is_spare};
  start_worker(
      [this, &action, which, contents](sys::WorkerOutput& output) {
        KnownFiles known = known_files();
        const auto outcome = perform(action, which, contents, tools_.system, known);
        static_cast<void>(known.save());
        return write_verdict(outcome, output);
      },
      [this](const sys::WorkerResult& result) { on_worked(result); });
}

// ---------------------------------------------------------------- workers and programs

sys::Duration Attempt::time_left() const {
  const auto spent = tools_.loop.clock().now() - began_;
  return std::max<sys::Duration>(deadline_ - spent, std::chrono::milliseconds(1));
}

// The worker has what is left of the deadline; Workers watches it, and knows a worker that does not die.
void Attempt::start_worker(std::function<int(sys::WorkerOutput&)> work,
                           std::function<void(const sys::WorkerResult&)> done) {
  sys::WorkerSpec spec;
  spec.name = sys::cat("setup step ", step_.name);
  spec.deadline = time_left();
  spec.output_limit = max_verdict;
  spec.work = std::move(work);
  const auto started = tools_.workers.start(std::move(spec), std::move(done));
  if (!started) return finish({tl::unexpected(started.error())});
  worker_ = *started;
}

void Attempt::on_worked(const sys::WorkerResult& result) {
  worker_ = 0;
  finish({read_verdict(result, deadline_, waits_for(step_)), result.end == sys::WorkerEnd::hung});
}

void Attempt::on_program(const sys::Status& status) {
  kill_program_ = nullptr;
  if (!status) return finish({tl::unexpected(status.error())});
  finish({StepOutcome{}});
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
