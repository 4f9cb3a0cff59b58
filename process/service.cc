#include "process/service.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "process/placement.h"
#include "sys/text.h"

namespace process {
namespace {

using transport::ServiceState;

constexpr std::uint32_t credit = 64u << 10;  // bytes that it may be ahead of the log

bool same_file(const transport::FileEntry& a, const transport::FileEntry& b) {
  return a.path == b.path && a.content.hash == b.content.hash && a.mode == b.mode;
}

std::string seconds_of(sys::Duration duration) {
  return sys::cat(std::chrono::round<std::chrono::seconds>(duration).count(), " s");
}

}  // namespace

bool same_service(const transport::ServiceStep& a, const transport::ServiceStep& b) {
  return a.program == b.program && a.arguments == b.arguments && a.environment == b.environment && a.uid == b.uid &&
         a.gid == b.gid && a.restart == b.restart &&
         std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(), same_file);
}

Service::Service(ServiceTools tools, std::string name, std::uint32_t tag, std::function<void()> changed)
    : tools_(std::move(tools)),
      name_(std::move(name)),
      tag_(tag),
      changed_(std::move(changed)),
      since_(tools_.process.loop.clock().wall()),
      backoff_(pauses, tools_.random),
      timer_(tools_.process.loop),
      turn_(tools_.process.loop),
      output_(tools_.log, tools_.process.loop.clock(), name_),
      error_(tools_.log, tools_.process.loop.clock(), name_) {}

void Service::keep(const transport::ServiceStep& step, ServiceKept done) {
  next_.reset();
  const bool same = wanted_ && same_service(*wanted_, step) && !replacing_;
  if (!same && phase_ == Phase::running && !step.files.empty()) return fetch(step, std::move(done));
  done_ = std::move(done);
  if (same && phase_ == Phase::starting) return;
  if (same && (phase_ == Phase::running || ended_well()))
    return turn_.set(sys::Duration::zero(), [this] { tell(false); });
  take(step);
}

void Service::fetch(const transport::ServiceStep& step, ServiceKept done) {
  next_ = std::make_shared<Next>(Next{step, std::move(done)});
  tools_.process.cache.want_all(step.files, [this, weak = std::weak_ptr(next_)](const auto& paths) {
    const auto next = weak.lock();
    if (!next) return;  // given up, or another one is wanted by now
    next_.reset();
    on_fetched(*next, paths ? check_entries(next->step.files) : tl::unexpected(paths.error()));
  });
}

void Service::on_fetched(Next& next, const sys::Status& status) {
  if (status) {
    done_ = std::move(next.done);
    return take(next.step);
  }
  const std::string why = explain(next.step.program, status.error()).reason;
  tools_.log.warning("service ", name_, ": what the plan wants instead is not to be had, it goes on as it was: ", why);
  next.done(sys::refusal(sys::cat(why, "; the service goes on as it was")));
}

void Service::take(const transport::ServiceStep& step) {
  wanted_ = step;
  begun_by_step_ = true;
  restarts_ = 0;
  backoff_.reset();
  if (!process_) return start();
  tools_.log.info("service ", name_, ": the plan wants it otherwise, it is started anew");
  replacing_ = true;
  end_process();
}

void Service::give_up() {
  if (std::exchange(next_, nullptr))
    return tools_.log.warning(
        "service ", name_, ": the content of what the plan wants instead did not arrive in time, it goes on as it was");
  if (!std::exchange(done_, nullptr)) return;
  if (!begun_by_step_ || phase_ == Phase::running) return;
  const std::string_view stage = process_ ? process_->stage() : "";
  stop(sys::cat("its step was given up", stage.empty() ? "" : " while ", stage));
}

void Service::stop(std::string why) {
  next_.reset();
  if (!wanted_) return;
  wanted_.reset();
  replacing_ = false;
  tools_.log.info("service ", name_, ": stopped, ", why);
  last_end_ = sys::cat("stopped, ", why);
  if (process_) return end_process();
  enter(Phase::ended);
}

void Service::end_for_good() {
  next_.reset();
  done_ = nullptr;
  wanted_.reset();
  timer_.cancel();
  if (phase_ == Phase::starting && process_) process_->signal({.signal = SIGTERM});
}

void Service::end_process() {
  if (phase_ == Phase::stopping) return;
  enter(Phase::stopping);
  timer_.set(stop_limit, [this] {
    tools_.log.warning("service ", name_, ": has not ended within ", seconds_of(stop_limit), ": killed");
    if (process_) process_->kill();
  });
  process_->signal({.signal = SIGTERM});
}

void Service::start() {
  timer_.cancel();
  replacing_ = false;
  failure_ = {};
  overdue_.clear();
  enter(Phase::starting);
  process_ =
      std::make_unique<Process>(tools_.process, launch(), events(), ProcessOptions{.leftovers = sys::Leftovers::die});
  if (!begun_by_step_) timer_.set(start_limit, [this] { on_start_limit(); });
}

// It may take a while to die, or never do: what is known is told at once.
void Service::on_start_limit() {
  overdue_ = sys::cat("killed after ", seconds_of(start_limit), " while ", process_->stage());
  last_end_ = sys::cat("did not start: ", overdue_);
  tools_.log.warning("service ", name_, ": ", last_end_);
  changed_();
  process_->kill();
}

transport::Launch Service::launch() const {
  transport::Launch launch;
  launch.rank = tag_;
  launch.program = wanted_->program;
  launch.arguments = wanted_->arguments;
  launch.environment = wanted_->environment;
  launch.files = wanted_->files;
  launch.may_replace = true;
  launch.uid = wanted_->uid;
  launch.gid = wanted_->gid;
  launch.output_credit = credit;
  return launch;
}

ProcessEvents Service::events() {
  return {
      .started = [this](int pid, const std::string&) { on_started(pid); },
      .failed =
          [this](const StartFailure& failure) {
            failure_ = {0, overdue_.empty() ? failure.reason : overdue_};
            exit_.reset();
            if (wanted_ && !replacing_) last_end_ = sys::cat("did not start: ", failure_.what);
          },
      .output =
          [this](transport::StreamName stream, std::uint64_t offset, std::span<const std::byte> piece, bool) {
            (stream == transport::StreamName::error ? error_ : output_).add(piece);
            process_->taken(stream, offset + piece.size());
          },
      .ended = [this](const sys::Exit& exit) { on_ended(exit); },
      .gone =
          [this] {
            process_.reset();
            on_gone();
          },
  };
}

void Service::on_started(int pid) {
  pid_ = pid;
  started_ = tools_.process.loop.clock().now();
  if (!wanted_ || phase_ != Phase::starting) return changed_();  // it is on its way out
  begun_by_step_ = false;
  timer_.cancel();
  tools_.log.info("service ", name_, ": ", wanted_->program, " runs, pid ", pid);
  enter(Phase::running);
  if (done_) tell(true);
}

void Service::on_ended(const sys::Exit& exit) {
  const sys::Duration ran = tools_.process.loop.clock().now() - started_;
  if (ran >= settled_after) backoff_.reset();
  output_.finish();
  error_.finish();
  pid_ = 0;
  exit_ = exit;
  const std::string how = sys::cat(sys::describe_status(exit.status), ", after ", seconds_of(ran));
  // Who has been stopped ends as that.
  if (wanted_ && !replacing_) last_end_ = how;
  if (phase_ == Phase::stopping) tools_.log.info("service ", name_, ": ended: ", how);
}

void Service::on_gone() {
  timer_.cancel();
  pid_ = 0;
  if (!wanted_) return enter(Phase::ended);
  if (replacing_) return start();
  if (exit_ && exit_->status == 0 && wanted_->restart == transport::Restart::on_failure) {
    tools_.log.info("service ", name_, ": has ended well, ", last_end_);
    return enter(Phase::ended);
  }
  const bool never_ran = !failure_.what.empty();
  if (!never_ran || !begun_by_step_) return pause();
  enter(Phase::ended);
  if (done_) tell(tl::unexpected(failure_));
}

void Service::pause() {
  const sys::Duration wait = backoff_.next();
  tools_.log.warning("service ", name_, ": ", last_end_, "; again in ", seconds_of(wait));
  enter(Phase::pausing);
  if (done_) tell(tl::unexpected(sys::Error{0, last_end_}));
  timer_.set(wait, [this] {
    ++restarts_;
    start();
  });
}

void Service::enter(Phase phase) {
  phase_ = phase;
  since_ = tools_.process.loop.clock().wall();
  changed_();
}

void Service::tell(sys::Result<bool> changed) {
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(changed));
}

transport::ServiceStatus Service::status() const {
  constexpr ServiceState states[] = {ServiceState::starting, ServiceState::running, ServiceState::running,
                                     ServiceState::waiting, ServiceState::ended};  // by phase
  transport::ServiceStatus status;
  status.name = name_;
  status.state = states[static_cast<std::size_t>(phase_)];
  status.pid = pid_;
  status.restarts = restarts_;
  status.since_ns = static_cast<std::uint64_t>(since_.time_since_epoch().count());
  if (phase_ == Phase::stopping) status.reason = "being stopped";
  if (!last_end_.empty()) status.reason += sys::cat(status.reason.empty() ? "" : "; ", "last end: ", last_end_);
  return status;
}

std::span<const transport::FileEntry> Service::files() const {
  if (!wanted_) return {};
  return wanted_->files;
}

}  // namespace process
