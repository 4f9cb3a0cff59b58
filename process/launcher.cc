#include "process/launcher.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "process/descendants.h"
#include "process/job_groups.h"
#include "process/line_log.h"
#include "sys/overloaded.h"
#include "sys/path.h"
#include "sys/text.h"

namespace process {
namespace {

constexpr std::uint32_t step_credit = 64u << 10;  // bytes that a setup step's program may be ahead of the log
constexpr int max_signal = 64;

struct ProcessKey {
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  bool operator<(const ProcessKey& other) const { return std::tie(job, rank) < std::tie(other.job, other.rank); }
};

// A process that the front end has started. It is forgotten when it is gone and the front end has acknowledged its end.
struct HeldJob {
  std::uint32_t uid = 0;
  int pid = 0;          // while it runs
  int stopped = 0;      // its wait(2) status, while it is stopped
  bool follow = false;  // what it starts is wanted to be known
  bool gone = false;
  bool acknowledged = false;
  std::optional<std::variant<transport::Launched, transport::ProcessEnd>> end;
  std::unique_ptr<Process> process;

  transport::HeldState state() const {
    if (end) return transport::HeldState::over;
    return pid != 0 ? transport::HeldState::running : transport::HeldState::starting;
  }
};

// A program of a setup step.
struct StepRun {
  LineLog output;
  LineLog error;
  std::function<void(sys::Status)> done;  // empty once it has been called, or is no longer wanted
  std::unique_ptr<Process> process;

  void finish(const sys::Status& status) {
    output.finish();
    error.finish();
    if (const auto call = std::exchange(done, nullptr)) call(status);
  }
};

void set_variable(std::vector<std::string>& environment, std::string_view name, std::uint64_t value) {
  const std::string prefix = sys::cat(name, "=");
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(prefix); });
  environment.push_back(sys::cat(prefix, value));
}

void name_in_environment(transport::Launch& launch) {
  set_variable(launch.environment, "NODEINIT_JOB", launch.job);
  set_variable(launch.environment, "NODEINIT_RANK", launch.rank);
  set_variable(launch.environment, "BPROC_RANK", launch.rank);
}

std::optional<StartFailure> complaint(const transport::Launch& launch) {
  if (!sys::is_clean_path(launch.program) || launch.program == "/")
    return StartFailure{EINVAL, sys::cat("program '", sys::printable(launch.program), "' ",
                                         launch.program == "/" ? "is no program" : sys::path_fault(launch.program))};
  if (!launch.directory.empty() && !sys::is_clean_path(launch.directory))
    return StartFailure{
        EINVAL, sys::cat("directory '", sys::printable(launch.directory), "' ", sys::path_fault(launch.directory))};
  if (launch.arguments.empty())
    return StartFailure{EINVAL, sys::cat("program ", launch.program, " has no arguments, not even its own name")};
  return std::nullopt;
}

transport::Launched not_launched(ProcessKey key, const StartFailure& failure) {
  return {key.job, key.rank, 0, failure.code, failure.reason};
}

}  // namespace

struct Launcher::State {
  ProcessTools tools;
  sys::Log& log;
  LauncherHooks hooks;
  OutputGate gate = {};  // before the processes that wait at it
  std::map<ProcessKey, HeldJob> jobs = {};
  std::map<std::uint64_t, StepRun> steps = {};
  std::uint64_t next_step = 1;
  JobGroups groups{tools.cgroups};
  Descendants descendants{tools.loop, tools.files, groups, hooks.processes};
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // what calls from outside and later look at

  std::size_t running() const;
  void begin(ProcessKey key, transport::Launch launch, std::string group);
  void tell_end(const HeldJob& job);
  void end_unstarted(ProcessKey key, const StartFailure& failure);
  void erase_if_done(ProcessKey key);
  std::optional<StartFailure> refusal(const transport::Launch& launch) const;
  void refuse(ProcessKey key, const StartFailure& failure);
  ProcessEvents job_events(ProcessKey key);
  ProcessEvents step_events(std::uint64_t id);
};

// Why this launch is not even tried; nothing when it is.
std::optional<StartFailure> Launcher::State::refusal(const transport::Launch& launch) const {
  if (jobs.contains({launch.job, launch.rank}))
    return StartFailure{EEXIST, sys::cat("job ", launch.job, " has a rank ", launch.rank, " on this node already")};
  if (jobs.size() + steps.size() >= max_processes)
    return StartFailure{EAGAIN, sys::cat("this node has ", max_processes, " processes already, its limit")};
  if (launch.pid < 0) return StartFailure{EINVAL, sys::cat("there is no pid ", launch.pid)};
  return complaint(launch);
}

std::size_t Launcher::State::running() const {
  const auto present =
      std::count_if(jobs.begin(), jobs.end(), [](const auto& job) { return job.second.process->alive(); });
  return static_cast<std::size_t>(present) + steps.size();
}

// The front end may hear of it again: that it is not held is all that it can find out.
void Launcher::State::refuse(ProcessKey key, const StartFailure& failure) {
  tools.loop.defer([this, weak = std::weak_ptr(alive), key, failure] {
    if (!weak.expired()) hooks.launched(not_launched(key, failure));
  });
}

void Launcher::State::begin(ProcessKey key, transport::Launch launch, std::string group) {
  name_in_environment(launch);
  HeldJob& job = jobs[key];
  job.uid = launch.uid;
  job.follow = launch.follow;
  job.process = std::make_unique<Process>(tools, std::move(launch), job_events(key),
                                          ProcessOptions{.group = std::move(group), .gate = &gate});
}

void Launcher::State::tell_end(const HeldJob& job) {
  std::visit(sys::Overloaded{[this](const transport::Launched& message) { hooks.launched(message); },
                             [this](const transport::ProcessEnd& message) { hooks.ended(message); }},
             *job.end);
}

void Launcher::State::end_unstarted(ProcessKey key, const StartFailure& failure) {
  HeldJob& job = jobs.at(key);
  job.end = not_launched(key, failure);
  tell_end(job);
}

void Launcher::State::erase_if_done(ProcessKey key) {
  const auto found = jobs.find(key);
  if (found != jobs.end() && found->second.gone && found->second.acknowledged) jobs.erase(found);
}

ProcessEvents Launcher::State::job_events(ProcessKey key) {
  return {
      .started =
          [this, key](int pid, const std::string& notice) {
            HeldJob& job = jobs.at(key);
            job.pid = pid;
            hooks.launched({key.job, key.rank, pid, 0, notice});
            if (job.follow) descendants.follow(key.job, key.rank, pid);
          },
      .failed = [this, key](const StartFailure& failure) { end_unstarted(key, failure); },
      .output =
          [this, key](transport::StreamName stream, std::uint64_t offset, std::span<const std::byte> piece, bool end) {
            hooks.output({key.job, key.rank, stream, offset, end, {piece.begin(), piece.end()}});
          },
      .input =
          [this, key](const InputPump::News& news) {
            if (hooks.input) hooks.input({key.job, key.rank, news.taken, news.again, news.end});
          },
      .state =
          [this, key](int status) {
            jobs.at(key).stopped = sys::is_stop(status) ? status : 0;
            if (hooks.state) hooks.state({key.job, key.rank, status});
          },
      .ended =
          [this, key](const sys::Exit& exit) {
            HeldJob& job = jobs.at(key);
            job.pid = 0;
            job.stopped = 0;
            descendants.drop(key.job, key.rank);
            job.end = transport::ProcessEnd{key.job,
                                            key.rank,
                                            exit.status,
                                            exit.user_us,
                                            exit.system_us,
                                            exit.max_rss_kib,
                                            groups.limits_hit(key.job)};
            tell_end(job);
          },
      .gone =
          [this, key] {
            jobs.at(key).gone = true;
            groups.leave(key.job);
            erase_if_done(key);
          },
  };
}

ProcessEvents Launcher::State::step_events(std::uint64_t id) {
  return {
      .started = [](int, const std::string&) {},
      .failed = [this, id](const StartFailure& failure) { steps.at(id).finish(sys::refusal(failure.reason)); },
      .output =
          [this, id](transport::StreamName stream, std::uint64_t offset, std::span<const std::byte> piece, bool) {
            StepRun& run = steps.at(id);
            (stream == transport::StreamName::error ? run.error : run.output).add(piece);
            run.process->taken(stream, offset + piece.size());
          },
      .ended =
          [this, id](const sys::Exit& exit) {
            const bool succeeded = exit.status == 0;
            steps.at(id).finish(succeeded ? sys::Status() : sys::refusal(sys::describe_status(exit.status)));
          },
      .gone = [this, id] { steps.erase(id); },
  };
}

Launcher::Launcher(ProcessTools tools, sys::Log& log, LauncherHooks hooks)
    : state_(new State{tools, log, std::move(hooks)}) {}

Launcher::~Launcher() = default;

void Launcher::launch(transport::Launch launch) {
  const ProcessKey key{launch.job, launch.rank};
  if (const auto failure = state_->refusal(launch)) return state_->refuse(key, *failure);
  auto group = state_->groups.enter(launch.job, launch.job_limits);
  if (!group) return state_->refuse(key, explain(launch.program, group.error()));
  try {
    state_->begin(key, std::move(launch), *std::move(group));
  } catch (const std::bad_alloc&) {
    state_->jobs.erase(key);
    state_->groups.leave(key.job);
    state_->refuse(key, {ENOMEM, "the node has no memory left to start a process"});
  }
}

void Launcher::signal(const transport::Signal& signal) {
  const auto found = state_->jobs.find({signal.job, signal.rank});
  if (found == state_->jobs.end()) return;  // it has ended while the signal was on its way
  if (signal.signal < 1 || signal.signal > max_signal)
    return state_->log.warning("signal ", signal.signal, " for job ", signal.job, " rank ", signal.rank,
                               " ignored: there is no such signal");
  found->second.process->signal(signal);
}

void Launcher::forget(const transport::Forget& message) {
  const ProcessKey key{message.job, message.rank};
  const auto found = state_->jobs.find(key);
  if (found == state_->jobs.end() || !found->second.end) return;  // nobody has been told of an end
  found->second.acknowledged = true;
  state_->erase_if_done(key);
}

void Launcher::report_all() {
  transport::HeldProcesses message;
  for (const auto& [key, job] : state_->jobs)
    message.processes.push_back({key.job, key.rank, job.pid, job.uid, job.state()});
  state_->hooks.held(message);
  for (const auto& [key, job] : state_->jobs) {
    if (job.stopped != 0 && state_->hooks.state) state_->hooks.state({key.job, key.rank, job.stopped});
    if (job.end) state_->tell_end(job);
  }
  state_->descendants.repeat();
}

void Launcher::set_output_open(bool open) { open ? state_->gate.open() : state_->gate.close(); }

void Launcher::rewind_output() {
  for (const auto& [key, job] : state_->jobs)
    job.process->rewind();
}

void Launcher::taken(const transport::StreamCredit& credit) {
  const auto found = state_->jobs.find({credit.job, credit.rank});
  if (found == state_->jobs.end() || credit.stream == transport::StreamName::input) return;
  found->second.process->taken(credit.stream, credit.taken);
  if (credit.again) found->second.process->rewind(credit.stream);
}

void Launcher::feed(const transport::StreamInput& input) {
  const auto found = state_->jobs.find({input.job, input.rank});
  if (found == state_->jobs.end() || found->second.process->feed(input)) return;
  state_->log.warning("job ", input.job, " rank ", input.rank,
                      " killed: the front end has sent it more input than it has room for");
  found->second.process->signal({.job = input.job, .rank = input.rank, .signal = SIGKILL});
}

void Launcher::resize(const transport::Resize& resize) {
  const auto found = state_->jobs.find({resize.job, resize.rank});
  if (found != state_->jobs.end()) found->second.process->resize(resize.window);
}

void Launcher::repeat_input() {
  for (const auto& [key, job] : state_->jobs)
    job.process->repeat_input();
}

std::function<void()> Launcher::run_step(const transport::RunStep& step, const std::string& name,
                                         std::function<void(sys::Status)> done) {
  transport::Launch launch;
  launch.rank = static_cast<std::uint32_t>(state_->next_step);  // tells its temporary names apart
  launch.program = step.program;
  launch.arguments = step.arguments;
  launch.environment = step.environment;
  launch.files = step.files;
  launch.may_replace = true;
  launch.output_credit = step_credit;

  const std::uint64_t id = state_->next_step++;
  sys::Clock& clock = state_->tools.loop.clock();
  StepRun& run = state_->steps
                     .try_emplace(id, StepRun{LineLog(state_->log, clock, name), LineLog(state_->log, clock, name),
                                              std::move(done), nullptr})
                     .first->second;
  run.process = std::make_unique<Process>(state_->tools, std::move(launch), state_->step_events(id),
                                          ProcessOptions{.leftovers = sys::Leftovers::die_on_failure});
  return [state = state_.get(), weak = std::weak_ptr(state_->alive), id] {
    if (weak.expired()) return;
    const auto found = state->steps.find(id);
    if (found == state->steps.end()) return;
    found->second.done = nullptr;
    found->second.process->kill();
  };
}

transport::KilledProcesses Launcher::kill(const transport::KillJob& kill) {
  if (kill.signal < 0 || kill.signal > max_signal) return {0, EINVAL};
  std::uint32_t count = 0;
  for (const auto& [key, job] : state_->jobs) {
    if (key.job != kill.job || !job.process->alive()) continue;
    // The group reaches what runs; what is on its way there is cancelled, by a signal that does that.
    const bool grouped = state_->groups.available();
    if (grouped && job.process->pid() != 0) continue;
    const bool reached = job.process->signal({.signal = kill.signal, .group = true});
    if (reached && !(grouped && job.process->has_child())) ++count;
  }
  if (state_->groups.available()) {
    const auto reached = state_->groups.signal(kill.job, kill.signal);
    if (reached) count += static_cast<std::uint32_t>(*reached);
  }
  return {count, count == 0 ? ESRCH : 0};
}

transport::KilledProcesses Launcher::kill(const transport::KillProcess& kill) {
  if (kill.signal < 0 || kill.signal > max_signal || kill.pid <= 0) return {0, EINVAL};
  if (state_->groups.available()) {
    const auto status = state_->groups.signal_process(kill.pid, kill.uid, kill.signal);
    return status ? transport::KilledProcesses{1, 0} : transport::KilledProcesses{0, status.error().code};
  }
  for (const auto& [key, job] : state_->jobs) {
    if (job.process->pid() != kill.pid) continue;
    if (kill.uid != 0 && job.uid != kill.uid) return {0, EPERM};
    job.process->signal({.signal = kill.signal, .group = false});
    return {1, 0};
  }
  return {0, ESRCH};
}

void Launcher::sweep() { state_->groups.sweep(); }

void Launcher::kill_all() {
  for (const auto& [key, job] : state_->jobs)
    if (!job.gone) job.process->signal({.job = key.job, .rank = key.rank, .signal = SIGKILL});
}

std::vector<KnownRank> Launcher::ranks() const {
  std::vector<KnownRank> all;
  for (const auto& [key, job] : state_->jobs)
    if (job.process->pid() != 0) all.push_back({job.process->pid(), key.job, key.rank});
  return all;
}

std::size_t Launcher::running() const { return state_->running(); }

std::size_t Launcher::held() const { return state_->jobs.size(); }

}  // namespace process
