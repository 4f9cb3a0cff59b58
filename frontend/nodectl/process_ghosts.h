// Ghosts of what the ranks of a run have started themselves, as their nodes tell it (RunProcesses). `ps` shows them, and a
// signal to one goes to what it stands for. What the terminal sends, they leave to the ranks: their process groups have it.
//
// Each has the pid that the process has on its node, where this user may choose pids and it is free here; else another one, and its
// command line says both. It ends when the process is not told any more: with status 0, since only the
// parent on the node knows how.
//
// Nodes tell only changes. Who could not have a ghost when it was told, for want of room or of processes, or because its last one
// had another name and had not gone yet, gets it when the next ghost here has died.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sys/children.h"
#include "sys/ghost.h"
#include "transport/messages.h"

namespace frontend {

class ProcessGhosts {
 public:
  static constexpr std::uint32_t most = 1024;  // at a time; what comes beyond has none
  using Send = std::function<void(const transport::Message&)>;
  using Incomplete = std::function<void(const std::string& node)>;

  // `first`: index of the first ghost that is made here; those below are the ranks' own. `incomplete`: called
  // once, when there is no ghost for something.
  ProcessGhosts(sys::GhostMaker& maker, sys::Children& children, std::uint32_t first, Send send, Incomplete incomplete);

  // `node`: the name of the rank's.
  void on_processes(const transport::RunProcesses& now, const std::string& node);
  void on_rank_over(std::uint32_t rank) { on_processes({.rank = rank}, {}); }
  void on_heard(const sys::GhostSignal& signal);

 private:
  using Key = std::pair<std::uint32_t, std::int32_t>;  // rank and pid there
  struct Ghost {
    std::uint32_t index = 0;
    int pid = 0;  // 0: none, or gone
    bool stopped = false;
    bool process_stopped = false;
    bool over = false;  // the process is, or it has another name: the ghost has been told to end
    std::string name;
  };
  struct Told {
    std::vector<transport::JobProcess> processes;
    std::string node;
  };

  void end_others(const transport::RunProcesses& now);
  void show(const Key& key, const transport::JobProcess& process, const std::string& node);
  void make(const Key& key, const std::string& name, const std::string& node);
  void make_missing();
  void make_missing(std::uint32_t rank);
  void miss(const std::string& node);
  void follow_state(Ghost& ghost, bool stopped);
  void end(Ghost& ghost);
  void watch(const Key& key, int pid);
  void on_dead(const Key& key, int pid);
  void on_state(const Key& key, int pid, int status);
  void tell(const Key& key, int signal);

  sys::GhostMaker& maker_;
  sys::Children& children_;
  const Send send_;
  Incomplete incomplete_;  // none: it was called
  bool may_choose_ = true;
  std::map<std::uint32_t, Told> told_;  // the newest, by rank
  std::set<std::uint32_t> wanting_;     // ranks of which something may lack a ghost
  std::map<Key, Ghost> ghosts_;
  std::vector<std::uint32_t> free_;      // indices
  std::map<std::uint32_t, Key> key_of_;  // by index
};

}  // namespace frontend
