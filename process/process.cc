#include "process/process.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include "process/placement.h"
#include "sys/pty.h"
#include "sys/text.h"

namespace process {
namespace {

bool cancels_a_start(int signal) { return signal == SIGKILL || signal == SIGTERM || signal == SIGINT; }

StartFailure cancelled(int signal) { return {ECANCELED, sys::cat("cancelled by signal ", signal, " before it ran")}; }

sys::TerminalSize size_of(const transport::WindowSize& window) {
  return {.columns = window.columns, .rows = window.rows};
}

// Whoever asked for that pid may ask for another one.
StartFailure no_pid(int pid, const sys::Error& error) {
  const bool taken = error.code == EEXIST || error.code == EINVAL;
  return {taken ? EADDRINUSE : error.code, taken ? sys::cat("pid ", pid, " is not free on the node") : error.text()};
}

}  // namespace

Process::Process(ProcessTools tools, transport::Launch launch, ProcessEvents events, ProcessOptions options)
    : tools_(tools), launch_(std::move(launch)), events_(std::move(events)), options_(options), turn_(tools.loop) {
  turn_.set(sys::Duration::zero(), [this] { fetch(); });
}

Process::~Process() = default;

void Process::fetch() {
  if (auto status = check_entries(launch_.files); !status) return fail({EINVAL, status.error().text()});
  hold_ = tools_.cache.hold(launch_.files);
  tools_.cache.want_all(launch_.files, [this, alive = std::weak_ptr(alive_)](const auto& paths) {
    if (!alive.expired() && phase_ == Phase::fetching) on_fetched(paths);
  });
}

void Process::on_fetched(const sys::Result<std::vector<std::string>>& paths) {
  if (!paths) return fail(explain(launch_.program, paths.error()));
  const auto weak = std::weak_ptr(alive_);
  auto spawned = tools_.spawner.start(
      make_spec(*paths),
      [this, weak](const sys::Status& status) {
        if (!weak.expired()) on_started(status);
      },
      [this, weak](const sys::Exit& exit) {
        if (!weak.expired()) on_reaped(exit);
      });
  if (!spawned)
    return fail(launch_.pid != 0 ? no_pid(launch_.pid, spawned.error()) : explain(launch_.program, spawned.error()));
  phase_ = Phase::starting;
  spawned_ = *std::move(spawned);
  pid_ = spawned_.pid;
}

sys::SpawnSpec Process::make_spec(const std::vector<std::string>& paths) {
  sys::SpawnSpec spec;
  spec.path = launch_.program;
  spec.pid = launch_.pid;
  spec.group = options_.group;
  spec.arguments = launch_.arguments;
  spec.environment = launch_.environment;
  if (!launch_.directory.empty()) spec.directory = launch_.directory;
  spec.directory_required = launch_.directory_required;
  spec.elsewhere = [this, weak = std::weak_ptr(alive_)](const sys::Error& why) {
    if (!weak.expired()) notice_ = sys::cat("starts in /: ", why.text());
  };
  spec.uid = launch_.uid;
  spec.gid = launch_.gid;
  spec.groups = launch_.groups;
  spec.umask = launch_.umask;
  spec.ignored = launch_.ignored;
  spec.fed = launch_.input;
  if (launch_.terminal) spec.terminal = size_of(launch_.window);
  spec.limits = tools_.limits.with(launch_.limits, launch_.uid);
  spec.leftovers = options_.leftovers;
  if (launch_.files.empty()) return spec;
  PlacementRequest request{launch_.program, launch_.files, paths, sys::cat("nodeinit-", launch_.job, "-", launch_.rank),
                           launch_.may_replace};
  if (!launch_.may_replace) request.replaceable = tools_.cache.placed_among(launch_.files);
  spec.prepare = [&files = tools_.files, request = std::move(request)] { return place(files, request); };
  return spec;
}

void Process::on_started(const sys::Status& status) {
  hold_.placed(status && cancelled_by_ == 0);
  if (cancelled_by_ != 0) return fail(cancelled(cancelled_by_));
  if (!status) return fail(explain(launch_.program, status.error()));
  phase_ = Phase::running;
  launch_.files.clear();
  if (events_.state) tools_.children.watch_states(pid_, events_.state);
  events_.started(pid_, notice_);
  start_pump(transport::StreamName::output, std::move(spawned_.output));
  if (launch_.terminal) {
    resize_ = std::move(spawned_.resize);
    start_pump(transport::StreamName::error,
               nullptr);  // it has no such stream: the end is told, whenever it is asked for
  } else {
    start_pump(transport::StreamName::error, std::move(spawned_.error));
  }
  if (!spawned_.input) return;
  constexpr std::string_view end_of_input(&sys::end_of_input, 1);
  input_ = std::make_unique<InputPump>(tools_.loop, std::move(spawned_.input), events_.input,
                                       launch_.terminal ? end_of_input : std::string_view());
  input_->repeat();
}

void Process::start_pump(transport::StreamName name, std::unique_ptr<sys::Stream> stream) {
  output(name).pump =
      std::make_unique<OutputPump>(tools_.loop, std::move(stream), launch_.output_credit, options_.gate,
                                   [this, name](std::uint64_t offset, std::span<const std::byte> piece, bool end) {
                                     events_.output(name, offset, piece, end);
                                     if (end) finish_if_drained();
                                   });
}

void Process::on_reaped(const sys::Exit& exit) {
  pid_ = 0;
  if (phase_ == Phase::over) return go_if_reaped();
  exit_ = exit;
  if (input_) input_->stop();
  resize_ = nullptr;
  for (Output& output : outputs_)
    if (output.pump) output.pump->drain();
  finish_if_drained();
}

void Process::finish_if_drained() {
  if (phase_ != Phase::running || !exit_ || !outputs_[0].ended() || !outputs_[1].ended()) return;
  phase_ = Phase::over;
  events_.ended(*exit_);
  go_if_reaped();
}

bool Process::signal(const transport::Signal& signal) {
  const int number = signal.signal;
  if (phase_ == Phase::running && pid_ != 0) {
    const auto sent = signal.queued ? tools_.children.queue(pid_, number, signal.value)
                                    : tools_.children.signal(pid_, number, signal.group);
    return sent.has_value();
  }
  if (!cancels_a_start(number)) return false;
  if (phase_ == Phase::fetching) {
    phase_ = Phase::over;
    turn_.set(sys::Duration::zero(), [this, number] { fail(cancelled(number)); });
  } else if (phase_ == Phase::starting && pid_ != 0) {
    cancelled_by_ = number;
    (void)tools_.children.signal(pid_, SIGKILL, true);
  } else {
    return false;
  }
  return true;
}

void Process::taken(transport::StreamName stream, std::uint64_t position) {
  if (auto& pump = output(stream).pump) pump->taken(position);
}

void Process::rewind() {
  for (const auto stream : {transport::StreamName::output, transport::StreamName::error})
    rewind(stream);
}

void Process::rewind(transport::StreamName stream) {
  if (auto& pump = output(stream).pump) pump->rewind();
}

// Nobody sends any before it runs and has asked for it.
bool Process::feed(const transport::StreamInput& input) {
  return !input_ || input_->add(input.offset, input.data, input.end);
}

void Process::repeat_input() {
  if (input_ && phase_ == Phase::running) input_->repeat();
}

void Process::resize(const transport::WindowSize& window) {
  launch_.window = window;
  // Fails for a terminal that is gone, and then so is the process.
  if (resize_) static_cast<void>(resize_(size_of(window)));
}

void Process::kill() {
  signal({.signal = SIGKILL});
  for (Output& output : outputs_)
    if (output.pump) output.pump->abandon();
  if (exit_ && phase_ == Phase::running) turn_.set(sys::Duration::zero(), [this] { finish_if_drained(); });
}

std::string_view Process::stage() const {
  if (phase_ == Phase::fetching) return "fetching its content";
  return phase_ == Phase::starting ? "placing its files and executing it" : "";
}

void Process::fail(const StartFailure& failure) {
  phase_ = Phase::over;
  spawned_ = {};
  events_.failed(failure);
  go_if_reaped();
}

void Process::go_if_reaped() {
  if (pid_ != 0) return;
  hold_ = {};
  turn_.set(sys::Duration::zero(), [this] {
    const auto gone = std::move(events_.gone);  // a local: the call may destroy this object
    gone();
  });
}

}  // namespace process
