#include "frontend/nodectl/process_ghosts.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>
#include <utility>

#include "sys/text.h"

namespace frontend {
namespace {

// Nothing that comes and goes: this user may not choose pids, or this kernel does not let anybody.
bool rules_out_choice(int code) { return code == EPERM || code == EINVAL || code == ENOSYS; }

}  // namespace

ProcessGhosts::ProcessGhosts(sys::GhostMaker& maker, sys::Children& children, std::uint32_t first, Send send,
                             Incomplete incomplete)
    : maker_(maker), children_(children), send_(std::move(send)), incomplete_(std::move(incomplete)) {
  for (std::uint32_t index = first + most; index > first; --index)
    free_.push_back(index - 1);
}

void ProcessGhosts::on_processes(const transport::RunProcesses& now, const std::string& node) {
  if (now.processes.empty()) {
    told_.erase(now.rank);
  } else {
    told_[now.rank] = {now.processes, node};
  }
  end_others(now);
  if (now.more) miss(node);
  for (const transport::JobProcess& process : now.processes)
    if (process.pid > 0) show({now.rank, process.pid}, process, node);
}

void ProcessGhosts::end_others(const transport::RunProcesses& now) {
  std::set<std::int32_t> present;
  for (const transport::JobProcess& process : now.processes)
    present.insert(process.pid);
  for (auto at = ghosts_.lower_bound({now.rank, 0}); at != ghosts_.end() && at->first.first == now.rank;) {
    const auto ghost = at++;
    if (present.contains(ghost->first.second)) continue;
    // One that is gone already, killed here, has been kept so that it does not come back.
    if (ghost->second.pid == 0) {
      ghosts_.erase(ghost);
    } else {
      end(ghost->second);
    }
  }
}

void ProcessGhosts::show(const Key& key, const transport::JobProcess& process, const std::string& node) {
  const auto known = ghosts_.find(key);
  if (known == ghosts_.end()) {
    make(key, process.name, node);
    return;
  }
  Ghost& ghost = known->second;
  // What killed its ghost was to kill it, and may have been lost on the way.
  if (ghost.pid == 0) return tell(key, SIGKILL);
  // It has executed another program. Its new ghost is made when the old one has gone.
  if (ghost.name != process.name) return end(ghost);
  follow_state(ghost, process.stopped);
}

void ProcessGhosts::make(const Key& key, const std::string& name, const std::string& node) {
  if (free_.empty()) {
    wanting_.insert(key.first);
    return miss(node);
  }
  const std::uint32_t index = free_.back();
  const std::string shown = sys::printable(name);
  const auto with_its_pid = [&] { return maker_.make(index, shown, sys::cat(shown, " [", node, "]"), key.second); };
  const auto with_any = [&] {
    return maker_.make(index, shown, sys::cat(shown, " [", node, " pid ", key.second, "]"), 0);
  };
  auto pid = may_choose_ ? with_its_pid() : with_any();
  if (!pid && may_choose_ && (pid.error().code == EEXIST || rules_out_choice(pid.error().code))) {
    may_choose_ = pid.error().code == EEXIST;
    pid = with_any();
  }
  if (!pid) return void(wanting_.insert(key.first));
  free_.pop_back();
  key_of_[index] = key;
  ghosts_[key] = {.index = index, .pid = *pid, .name = name};
  watch(key, *pid);
}

void ProcessGhosts::make_missing() {
  for (const std::uint32_t rank : std::exchange(wanting_, {}))
    free_.empty() ? void(wanting_.insert(rank)) : make_missing(rank);
}

void ProcessGhosts::make_missing(std::uint32_t rank) {
  const auto told = told_.find(rank);
  if (told == told_.end()) return;
  for (const transport::JobProcess& process : told->second.processes) {
    const Key key(rank, process.pid);
    if (process.pid <= 0 || ghosts_.contains(key)) continue;
    make(key, process.name, told->second.node);
    const auto made = ghosts_.find(key);
    if (made != ghosts_.end()) follow_state(made->second, process.stopped);
  }
}

void ProcessGhosts::miss(const std::string& node) {
  if (const auto incomplete = std::exchange(incomplete_, nullptr)) incomplete(node);
}

void ProcessGhosts::watch(const Key& key, int pid) {
  children_.expect(pid, [this, key](const sys::Exit& exit) { on_dead(key, exit.pid); });
  children_.watch_states(pid, [this, key, pid](int status) { on_state(key, pid, status); });
}

void ProcessGhosts::follow_state(Ghost& ghost, bool stopped) {
  if (ghost.pid == 0 || ghost.over) return;
  ghost.process_stopped = stopped;
  if (std::exchange(ghost.stopped, stopped) == stopped) return;
  stopped ? maker_.stop(ghost.pid) : maker_.resume(ghost.pid);
}

void ProcessGhosts::end(Ghost& ghost) {
  if (ghost.pid != 0 && !std::exchange(ghost.over, true)) maker_.end(ghost.index, ghost.pid, 0);
}

// ---------------------------------------------------------------- what happens to ghosts

void ProcessGhosts::on_heard(const sys::GhostSignal& signal) {
  const auto key = key_of_.find(signal.index);
  if (key == key_of_.end() || signal.from_terminal) return;
  // The report of one that has died may come when its index is another one's.
  if (ghosts_.at(key->second).pid == signal.ghost) tell(key->second, signal.signal);
}

void ProcessGhosts::on_state(const Key& key, int pid, int status) {
  const auto found = ghosts_.find(key);
  if (found == ghosts_.end() || found->second.pid != pid || found->second.over) return;
  Ghost& ghost = found->second;
  const bool stopped = sys::is_stop(status);
  if (std::exchange(ghost.stopped, stopped) == stopped || !stopped || ghost.process_stopped) return;
  tell(key, SIGSTOP);
}

void ProcessGhosts::on_dead(const Key& key, int pid) {
  const auto found = ghosts_.find(key);
  if (found == ghosts_.end() || found->second.pid != pid) return;
  Ghost& ghost = found->second;
  key_of_.erase(ghost.index);
  free_.push_back(ghost.index);
  if (ghost.over) {
    wanting_.insert(key.first);
    ghosts_.erase(found);
  } else {
    ghost.pid = 0;
    tell(key, SIGKILL);
  }
  make_missing();
}

void ProcessGhosts::tell(const Key& key, int signal) {
  send_(transport::RunProcessSignal{key.first, key.second, signal});
}

}  // namespace frontend
