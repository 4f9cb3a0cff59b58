// Groups of processes that nothing which is born in them can leave by itself (cgroups(7), version 2): they are ended
// whole, counted, and limited together.
//
//   /sys/fs/cgroup/init            PID 1, its workers, and whatever else is in no group of its own
//   /sys/fs/cgroup/nodeinit/NAME   a group that was made here
//
// PID 1 is in a leaf since a group that hands controllers on to groups below it may hold no process itself. A child is
// born in its group (SpawnSpec::group): it never runs outside.
//
// All is read and written in the kernel's own file system: nothing here blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sys/files.h"
#include "sys/result.h"

namespace sys {

// 0 and empty: as much as there is.
struct GroupLimits {
  std::uint64_t memory_bytes = 0;
  std::uint64_t pids = 0;
  std::uint32_t cpu_percent = 0;  // of one processor
  std::string cpus;               // "0-3,7"
};

// What has happened in a group since it was made.
struct GroupEvents {
  std::uint64_t killed_for_memory = 0;  // processes
  std::uint64_t forks_refused = 0;      // for the limit of pids
};

class Cgroups {
 public:
  virtual ~Cgroups() = default;

  // Moves this process to its leaf, hands the kernel's controllers on, and removes the empty groups of a former life. Once,
  // before anything is started. An error: why there are no cgroups here; nothing below may be called then.
  virtual Status begin(bool in_container) = 0;
  virtual bool available() const = 0;

  // `name`: one component of a path. EEXIST when it is there.
  virtual Status make(const std::string& name) = 0;
  // What a child that is to be born in it is given.
  virtual std::string path_of(const std::string& name) const = 0;
  // Refused in words where the kernel has no controller for it, or has not handed it on.
  virtual Status limit(const std::string& name, const GroupLimits& limits) = 0;
  virtual Result<GroupEvents> events(const std::string& name) = 0;
  // Of all its processes, zombies not among them, in no order.
  virtual Result<std::vector<int>> pids(const std::string& name) = 0;
  // The group that a process is in; empty when it is in none that was made here.
  virtual Result<std::string> group_of(int pid) = 0;
  // To all its processes; SIGKILL in one step, which a fork does not escape. How many they were.
  virtual Result<std::size_t> signal(const std::string& name, int signal) = 0;
  // To one process, if it is in a group that was made here (else ESRCH) and its real user is `uid`, 0: any (else EPERM).
  virtual Status signal_process(int pid, std::uint32_t uid, int signal) = 0;
  // EBUSY while there are processes in it.
  virtual Status remove(const std::string& name) = 0;
};

// The real one, over the kernel's `files`. Kernels from before 5.14 count as having none.
std::unique_ptr<Cgroups> make_cgroups(Files& files);

}  // namespace sys
