// The processes of a node, read from /proc: those of jobs with all that they have started, and those of services and
// steps. The kernel's own, PID 1 and its workers are left out.
//
// Whose a process is, its cgroup says (sys/cgroups.h); on a node without cgroups, its nearest ancestor that is a rank. Its rank is
// that of such an ancestor, or the only one that the job has here.
//
// Reading a command line can wait for a process that hangs: this is for a worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sys/cgroups.h"
#include "sys/files.h"
#include "transport/messages.h"

namespace process {

struct KnownRank {
  int pid = 0;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
};

constexpr std::size_t max_listed = 4096;  // processes: what one message holds
constexpr std::size_t max_command = 256;  // bytes of a command line

// By pid; at most max_listed.
std::vector<transport::ProcessEntry> list_processes(sys::Files& files, sys::Cgroups& cgroups,
                                                    const std::vector<KnownRank>& ranks);

}  // namespace process
