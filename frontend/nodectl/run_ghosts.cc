#include "frontend/nodectl/run_ghosts.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += sys::cat(text.empty() ? "" : " ", word);
  return text;
}

}  // namespace

RunGhosts::RunGhosts(Context& context, std::vector<std::string> command,
                     std::function<void(const transport::Message&)> send)
    : context_(context),
      command_(std::move(command)),
      send_(std::move(send)),
      children_(context.loop),
      stopping_(context.loop) {}

RunGhosts::~RunGhosts() = default;

sys::Status RunGhosts::begin(const transport::RunStarted& started) {
  names_ = started.names;
  ghosts_.resize(started.nodes.size());
  auto source = sys::watch_signals(context_.loop, {SIGCHLD}, [this](int) { children_.reap(); });
  if (!source) return tl::unexpected(source.error());
  child_signals_ = std::move(*source);
  const auto ranks = static_cast<std::uint32_t>(ghosts_.size());
  auto maker =
      sys::make_ghost_maker(context_.loop, context_.arguments, context_.argument_count, ranks + ProcessGhosts::most,
                            context_.ignored, [this](const sys::GhostSignal& signal) { on_heard(signal); });
  if (!maker) return tl::unexpected(maker.error());
  maker_ = std::move(*maker);
  processes_ = std::make_unique<ProcessGhosts>(*maker_, children_, ranks, send_, [this](const std::string& node) {
    complain(context_,
             sys::cat("not everything that node ", node, " runs for this job has a ghost: nodectl ps shows it"));
  });
  transport::RunGhosts message;
  for (std::uint32_t rank = 0; rank < ghosts_.size(); ++rank) {
    const auto pid = make(rank);
    if (!pid) return tl::unexpected(pid.error());
    message.pids.push_back(*pid);
  }
  send_(message);
  return {};
}

sys::Result<int> RunGhosts::make(std::uint32_t rank) {
  auto pid = maker_->make(rank, std::string(sys::name_in(command_.front())),
                          sys::cat(joined(command_), " [", name_of(rank), "]"));
  if (!pid) return pid;
  ghosts_[rank].pid = *pid;
  ++ghosts_[rank].tries;
  watch(rank, *pid);
  return pid;
}

std::string RunGhosts::name_of(std::uint32_t rank) const {
  return rank < names_.size() ? sys::printable(names_[rank]) : sys::cat("rank ", rank);
}

void RunGhosts::watch(std::uint32_t rank, int pid) {
  children_.expect(pid, [this, rank](const sys::Exit& exit) { on_ghost_dead(rank, exit.pid); });
  children_.watch_states(pid, [this, rank, pid](int status) { on_ghost_state(rank, pid, status); });
}

// The old one has its pid until there is a new one, which gets another. What tells a ghost to end is the new one's by then:
// the old one is not told.
void RunGhosts::on_wanted(std::uint32_t rank) {
  if (rank >= ghosts_.size() || ghosts_[rank].over) return;
  const int before = std::exchange(ghosts_[rank].pid, 0);
  int pid = 0;  // any: the node's numbers are all taken, it seems
  if (ghosts_[rank].tries < most_tries) {
    if (const auto made = make(rank)) pid = *made;
  }
  if (before != 0 && pid != 0) maker_->discard(before);
  if (pid == 0) {
    ghosts_[rank].pid = before;
    say_other_pid(rank);
  }
  send_(transport::RunGhosts{rank, {pid}});
}

void RunGhosts::say_other_pid(std::uint32_t rank) {
  if (std::exchange(ghosts_[rank].has_other_pid, true)) return;
  complain(context_,
           sys::cat("node ", name_of(rank), " has no free pid that a ghost can have here: its process runs with ",
                    "another one; nodectl ps shows it"));
}

// ---------------------------------------------------------------- what happens to ghosts

void RunGhosts::on_heard(const sys::GhostSignal& signal) {
  if (signal.index >= ghosts_.size()) return processes_->on_heard(signal);
  Ghost& ghost = ghosts_[signal.index];
  if (ghost.over || ghost.pid != signal.ghost) return;
  ghost.heard = signal.signal;
  ghost.heard_at = context_.loop.clock().now();
  send_(transport::RunSignal{.signal = signal.signal,
                             .rank = signal.index,
                             .group = signal.from_terminal,
                             .queued = signal.queued,
                             .value = signal.value});
}

// A SIGCONT that continues a ghost is heard as any signal.
void RunGhosts::on_ghost_state(std::uint32_t rank, int pid, int status) {
  Ghost& ghost = ghosts_[rank];
  if (ghost.pid != pid || ghost.over) return;
  ghost.stopped = sys::is_stop(status);
  if (!ghost.stopped || ghost.process_stopped) return;
  send_(transport::RunSignal{.signal = SIGSTOP, .rank = rank, .group = false});
}

void RunGhosts::on_ghost_dead(std::uint32_t rank, int pid) {
  Ghost& ghost = ghosts_[rank];
  if (ghost.pid != pid) return;
  ghost.pid = 0;
  if (!ghost.over) send_(transport::RunSignal{.signal = SIGKILL, .rank = rank, .group = false});
}

// ---------------------------------------------------------------- what happens to processes

void RunGhosts::on_state(const transport::RunState& state) {
  if (state.rank >= ghosts_.size()) return;
  Ghost& ghost = ghosts_[state.rank];
  ghost.process_stopped = sys::is_stop(state.status);
  // Noted at once: should the process go on before the ghost is seen to have stopped, the ghost has to go on as well.
  const bool differs = ghost.pid != 0 && std::exchange(ghost.stopped, ghost.process_stopped) != ghost.process_stopped;
  if (differs && ghost.process_stopped) maker_->stop(ghost.pid);
  if (differs && !ghost.process_stopped) maker_->resume(ghost.pid);
  stop_if_all_have();
}

void RunGhosts::on_processes(const transport::RunProcesses& processes) {
  if (processes.rank < ghosts_.size() && !ghosts_[processes.rank].over)
    processes_->on_processes(processes, name_of(processes.rank));
}

void RunGhosts::on_end(std::uint32_t rank, int status) {
  if (rank >= ghosts_.size()) return;
  Ghost& ghost = ghosts_[rank];
  ghost.over = true;
  if (ghost.pid != 0) maker_->end(rank, ghost.pid, status);
  processes_->on_rank_over(rank);
  stop_if_all_have();
}

// ---------------------------------------------------------------- what happens to this process

// What the terminal sends, the ghosts get as well. What a process sends, they get when it was for the whole group: a moment
// later it is known.
void RunGhosts::on_own_signal(const sys::SignalFacts& signal) {
  if (signal.signal == SIGTSTP && signal.from_kernel) {
    stopping_.set(stop_patience, [] {});
    return stop_if_all_have();  // they may have been stopped before
  }
  if (signal.from_kernel) return;
  auto& timer = forwarding_.try_emplace(signal.signal, context_.loop).first->second;
  timer.set(same_signal, [this, signal] { forward_to_rest(signal); });
}

void RunGhosts::forward_to_rest(const sys::SignalFacts& signal) {
  const sys::Instant now = context_.loop.clock().now();
  for (std::uint32_t rank = 0; rank < ghosts_.size(); ++rank) {
    const Ghost& ghost = ghosts_[rank];
    const bool has_it = ghost.heard == signal.signal && now - ghost.heard_at < 5 * same_signal;
    if (!ghost.over && !has_it) send_(transport::RunSignal{.signal = signal.signal, .rank = rank});
  }
}

void RunGhosts::stop_if_all_have() {
  if (!stopping_.pending()) return;
  const auto goes_on = [](const Ghost& ghost) { return !ghost.over && !ghost.process_stopped; };
  if (std::any_of(ghosts_.begin(), ghosts_.end(), goes_on)) return;
  if (std::all_of(ghosts_.begin(), ghosts_.end(), [](const Ghost& ghost) { return ghost.over; })) return;
  stopping_.cancel();
  sys::stop_self();
}

}  // namespace frontend
