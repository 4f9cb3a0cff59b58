// What ranks have started themselves, at any remove: all else that is in their jobs' cgroups. For those who want to see it
// (Launch::follow), after each change.
//
// Nobody says that a process has been started: it is looked for, soon after something has changed and ever more rarely
// while nothing does, since a node that computes is not to be disturbed. What comes and goes between two looks is not seen
// here. Without cgroups nothing is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "process/job_groups.h"
#include "sys/files.h"
#include "sys/loop.h"
#include "transport/messages.h"

namespace process {

class Descendants {
 public:
  static constexpr sys::Duration first_look = std::chrono::milliseconds(250);
  static constexpr sys::Duration after_change = std::chrono::seconds(1);
  static constexpr sys::Duration rarest = std::chrono::seconds(8);
  static constexpr std::size_t max_told = 256;     // processes of a job
  static constexpr std::size_t max_followed = 64;  // jobs; of others nothing is told
  using Tell = std::function<void(const transport::JobProcesses&)>;

  Descendants(sys::Loop& loop, sys::Files& files, JobGroups& groups, Tell tell)
      : files_(files), groups_(groups), tell_(std::move(tell)), timer_(loop) {}

  // `pid`: the rank's own, which is known.
  void follow(std::uint64_t job, std::uint32_t rank, int pid);
  // The rank is over.
  void drop(std::uint64_t job, std::uint32_t rank);
  // What has been told may not have arrived.
  void repeat();

 private:
  struct Followed {
    int pid = 0;
    transport::JobProcesses told;
  };

  void look_soon();
  void look_in(sys::Duration pause);
  void look();
  bool look_at(Followed& followed);
  transport::JobProcesses read(const Followed& followed);

  sys::Files& files_;
  JobGroups& groups_;
  const Tell tell_;
  std::map<std::uint64_t, Followed> followed_;  // by job
  sys::Duration pause_ = first_look;
  sys::Timer timer_;
};

}  // namespace process
