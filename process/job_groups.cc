#include "process/job_groups.h"

#include <cerrno>

#include "sys/text.h"

namespace process {
namespace {

std::string name_of(std::uint64_t job) { return sys::cat("job-", job); }

sys::GroupLimits in_kernel_terms(const transport::JobLimits& limits) {
  return {limits.memory_bytes, limits.pids, limits.cpu_percent, limits.cpus};
}

bool limits_anything(const transport::JobLimits& limits) {
  return limits.memory_bytes != 0 || limits.pids != 0 || limits.cpu_percent != 0 || !limits.cpus.empty();
}

}  // namespace

sys::Result<std::string> JobGroups::enter(std::uint64_t job, const transport::JobLimits& limits) {
  if (!cgroups_.available()) {
    if (!limits_anything(limits)) return std::string();
    return sys::refusal("the job cannot be limited: this node has no cgroups");
  }
  const std::string name = name_of(job);
  if (const auto known = ranks_.find(job); known == ranks_.end()) {
    if (auto status = make(name, limits); !status) return tl::unexpected(status.error());
  }
  ++ranks_[job];
  return cgroups_.path_of(name);
}

// One that is there is from a life in which it could not be removed: nobody speaks for what is in it.
sys::Status JobGroups::make(const std::string& name, const transport::JobLimits& limits) {
  auto made = cgroups_.make(name);
  if (!made && made.error().code == EEXIST) made = {};
  if (made && limits_anything(limits)) made = cgroups_.limit(name, in_kernel_terms(limits));
  if (!made) static_cast<void>(cgroups_.remove(name));
  return made;
}

void JobGroups::leave(std::uint64_t job) {
  const auto known = ranks_.find(job);
  if (known == ranks_.end() || known->second == 0) return;
  if (--known->second == 0 && remove(job)) ranks_.erase(known);
}

void JobGroups::sweep() {
  std::erase_if(ranks_, [this](const auto& entry) { return entry.second == 0 && remove(entry.first); });
}

// False: there are processes in it.
bool JobGroups::remove(std::uint64_t job) {
  const auto removed = cgroups_.remove(name_of(job));
  return removed || removed.error().code != EBUSY;
}

sys::Result<std::size_t> JobGroups::signal(std::uint64_t job, int signal) {
  return cgroups_.signal(name_of(job), signal);
}

sys::Result<std::vector<int>> JobGroups::pids(std::uint64_t job) { return cgroups_.pids(name_of(job)); }

sys::Status JobGroups::signal_process(int pid, std::uint32_t uid, int signal) {
  return cgroups_.signal_process(pid, uid, signal);
}

std::uint8_t JobGroups::limits_hit(std::uint64_t job) {
  if (!has(job)) return 0;
  const auto events = cgroups_.events(name_of(job));
  if (!events) return 0;
  return static_cast<std::uint8_t>((events->killed_for_memory > 0 ? transport::hit_memory : 0) |
                                   (events->forks_refused > 0 ? transport::hit_pids : 0));
}

}  // namespace process
