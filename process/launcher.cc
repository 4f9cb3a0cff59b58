#include "process/launcher.h"

#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "process/job_groups.h"
#include "process/line_log.h"
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
  if (launch.input) return StartFailure{ENOSYS, "input for processes is not carried by this nodeinit"};
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
  std::map<ProcessKey, std::unique_ptr<Process>> jobs;
  std::map<std::uint64_t, StepRun> steps;
  std::uint64_t next_step = 1;
  JobGroups groups{tools.cgroups};
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // what calls from outside and later look at

  std::size_t running() const { return jobs.size() + steps.size(); }
  std::optional<StartFailure> refusal(const transport::Launch& launch) const;
  void refuse(ProcessKey key, const StartFailure& failure);
  ProcessEvents job_events(ProcessKey key);
  ProcessEvents step_events(std::uint64_t id);
};

// Why this launch is not even tried; nothing when it is.
std::optional<StartFailure> Launcher::State::refusal(const transport::Launch& launch) const {
  if (jobs.contains({launch.job, launch.rank}))
    return StartFailure{EEXIST, sys::cat("job ", launch.job, " has a rank ", launch.rank, " on this node already")};
  if (running() >= max_processes)
    return StartFailure{EAGAIN, sys::cat("this node has ", max_processes, " processes already, its limit")};
  if (launch.pid < 0) return StartFailure{EINVAL, sys::cat("there is no pid ", launch.pid)};
  return complaint(launch);
}

void Launcher::State::refuse(ProcessKey key, const StartFailure& failure) {
  tools.loop.defer([this, weak = std::weak_ptr(alive), key, failure] {
    if (!weak.expired()) hooks.launched(not_launched(key, failure));
  });
}

ProcessEvents Launcher::State::job_events(ProcessKey key) {
  return {
      .started =
          [this, key](int pid) {
            hooks.launched({key.job, key.rank, pid, 0, {}});
          },
      .failed = [this, key](const StartFailure& failure) { hooks.launched(not_launched(key, failure)); },
      .output =
          [this, key](transport::StreamName stream, std::uint64_t offset, std::span<const std::byte> piece, bool end) {
            hooks.output({key.job, key.rank, stream, offset, end, {piece.begin(), piece.end()}});
          },
      .state =
          [this, key](int status) {
            if (hooks.state) hooks.state({key.job, key.rank, status});
          },
      .ended =
          [this, key](const sys::Exit& exit) {
            hooks.ended({key.job, key.rank, exit.status, exit.user_us, exit.system_us, exit.max_rss_kib,
                         groups.limits_hit(key.job)});
          },
      .gone =
          [this, key] {
            jobs.erase(key);
            groups.leave(key.job);
          },
  };
}

ProcessEvents Launcher::State::step_events(std::uint64_t id) {
  return {
      .started = [](int) {},
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
    : state_(new State{tools, log, std::move(hooks), {}, {}}) {}

Launcher::~Launcher() = default;

void Launcher::launch(transport::Launch launch) {
  const ProcessKey key{launch.job, launch.rank};
  if (const auto failure = state_->refusal(launch)) return state_->refuse(key, *failure);
  auto group = state_->groups.enter(launch.job, launch.job_limits);
  if (!group) return state_->refuse(key, explain(launch.program, group.error()));
  name_in_environment(launch);
  state_->jobs.emplace(key, std::make_unique<Process>(state_->tools, std::move(launch), state_->job_events(key),
                                                      sys::Leftovers::live, *std::move(group)));
}

void Launcher::signal(const transport::Signal& signal) {
  const auto found = state_->jobs.find({signal.job, signal.rank});
  if (found == state_->jobs.end()) return;  // it has ended while the signal was on its way
  if (signal.signal < 1 || signal.signal > max_signal)
    return state_->log.warning("signal ", signal.signal, " for job ", signal.job, " rank ", signal.rank,
                               " ignored: there is no such signal");
  found->second->signal(signal);
}

void Launcher::taken(const transport::StreamCredit& credit) {
  const auto found = state_->jobs.find({credit.job, credit.rank});
  if (found == state_->jobs.end() || credit.stream == transport::StreamName::input) return;
  found->second->taken(credit.stream, credit.taken);
}

std::function<void()> Launcher::run_step(const transport::RunStep& step, const std::string& name,
                                         std::function<void(sys::Status)> done) {
  transport::Launch launch;
  launch.rank = static_cast<std::uint32_t>(state_->next_step);  // tells its temporary names apart
  launch.program = step.program;
  launch.arguments = step.arguments;
  launch.environment = step.environment;
  launch.files = step.files;
  launch.output_credit = step_credit;

  const std::uint64_t id = state_->next_step++;
  sys::Clock& clock = state_->tools.loop.clock();
  StepRun& run = state_->steps
                     .try_emplace(id, StepRun{LineLog(state_->log, clock, name), LineLog(state_->log, clock, name),
                                              std::move(done), nullptr})
                     .first->second;
  run.process = std::make_unique<Process>(state_->tools, std::move(launch), state_->step_events(id),
                                          sys::Leftovers::die_on_failure);
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
  for (const auto& [key, process] : state_->jobs) {
    // The group reaches what runs; what is on its way there is cancelled.
    if (key.job != kill.job || (state_->groups.available() && process->pid() != 0)) continue;
    process->signal({.signal = kill.signal, .group = true});
    ++count;
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
  for (const auto& [key, process] : state_->jobs) {
    if (process->pid() != kill.pid) continue;
    if (kill.uid != 0 && process->uid() != kill.uid) return {0, EPERM};
    process->signal({.signal = kill.signal, .group = false});
    return {1, 0};
  }
  return {0, ESRCH};
}

void Launcher::sweep() { state_->groups.sweep(); }

void Launcher::kill_all() {
  for (const auto& [key, process] : state_->jobs)
    process->kill();
}

std::vector<KnownRank> Launcher::ranks() const {
  std::vector<KnownRank> all;
  for (const auto& [key, process] : state_->jobs)
    if (process->pid() != 0) all.push_back({process->pid(), key.job, key.rank});
  return all;
}

std::size_t Launcher::running() const { return state_->running(); }

}  // namespace process
