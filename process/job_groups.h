// The cgroup of each job that has processes on this node: made with its first rank, removed when the last process has
// gone, be it a rank or what a rank has left running. On a node without cgroups everything works without, but for
// limits of jobs.
//
//   none --enter()--> ranks in it --leave() of the last--> left behind --no process in it any more--> none
//                            ^-------------- enter() -----------'
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sys/cgroups.h"
#include "transport/messages.h"

namespace process {

class JobGroups {
 public:
  explicit JobGroups(sys::Cgroups& cgroups) : cgroups_(cgroups) {}

  // One rank more. The group that it is to be born in; empty: there are no cgroups. The limits are those of the job: they
  // are set with the first rank.
  sys::Result<std::string> enter(std::uint64_t job, const transport::JobLimits& limits);
  // The rank is gone.
  void leave(std::uint64_t job);
  // Removes what is left behind and empty. Costs nothing when nothing is: called whenever the node is awake anyway.
  void sweep();

  // Bits of ProcessEnd::limits_hit, of all of the job so far.
  std::uint8_t limits_hit(std::uint64_t job);
  // Of all processes of the job, in no order; an error when it has no group.
  sys::Result<std::vector<int>> pids(std::uint64_t job);
  // To all of the job's processes; how many that were. ENOENT: there is no such group here.
  sys::Result<std::size_t> signal(std::uint64_t job, int signal);
  // To one process of any job; sys::Cgroups::signal_process().
  sys::Status signal_process(int pid, std::uint32_t uid, int signal);
  // Whether jobs have groups here.
  bool available() const { return cgroups_.available(); }
  // Whether there is such a group, with ranks or left behind.
  bool has(std::uint64_t job) const { return ranks_.contains(job); }

 private:
  sys::Status make(const std::string& name, const transport::JobLimits& limits);
  bool remove(std::uint64_t job);

  sys::Cgroups& cgroups_;
  std::map<std::uint64_t, std::size_t> ranks_;  // of each job that has a group
};

}  // namespace process
