#include "tests/fakes/fake_cgroups.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "sys/text.h"

namespace fakes {

sys::Status FakeCgroups::begin(bool) {
  auto status = there ? faults_.check("begin cgroups") : sys::Status(sys::refusal("there are no cgroups"));
  there = status.has_value();
  return status;
}

sys::Result<FakeCgroups::Group*> FakeCgroups::find(const std::string& name, const std::string& call) {
  const std::string what = sys::cat(call, " ", name);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  const auto found = groups.find(name);
  if (found == groups.end()) return sys::failure(ENOENT, what);
  return &found->second;
}

sys::Status FakeCgroups::make(const std::string& name) {
  const std::string what = sys::cat("make group ", name);
  if (auto status = faults_.check(what); !status) return status;
  if (!groups.try_emplace(name).second) return sys::failure(EEXIST, what);
  return {};
}

sys::Status FakeCgroups::limit(const std::string& name, const sys::GroupLimits& limits) {
  const auto group = find(name, "limit group");
  if (!group) return tl::unexpected(group.error());
  (*group)->limits = limits;
  return {};
}

sys::Result<sys::GroupEvents> FakeCgroups::events(const std::string& name) {
  return find(name, "events of group").map([](const Group* group) { return group->events; });
}

sys::Result<std::vector<int>> FakeCgroups::pids(const std::string& name) {
  return find(name, "pids of group").map([](const Group* group) { return group->pids; });
}

sys::Result<std::string> FakeCgroups::group_of(int pid) {
  for (const auto& [name, group] : groups)
    if (std::find(group.pids.begin(), group.pids.end(), pid) != group.pids.end()) return name;
  return std::string();
}

sys::Result<std::size_t> FakeCgroups::signal(const std::string& name, int signal) {
  const auto group = find(name, "signal group");
  if (!group) return tl::unexpected(group.error());
  signals.emplace_back(name, signal);
  const std::size_t count = (*group)->pids.size();
  if (signal == SIGKILL) (*group)->pids.clear();
  return count;
}

sys::Status FakeCgroups::signal_process(int pid, std::uint32_t uid, int signal) {
  const std::string what = sys::cat("signal process ", pid);
  if (auto status = faults_.check(what); !status) return status;
  const auto group = group_of(pid);
  if (group->empty()) return sys::failure(ESRCH, what);
  if (uid != 0 && groups[*group].uid != uid) return sys::failure(EPERM, what);
  process_signals.emplace_back(pid, signal);
  return {};
}

sys::Status FakeCgroups::remove(const std::string& name) {
  const auto group = find(name, "remove group");
  if (!group) return tl::unexpected(group.error());
  if (!(*group)->pids.empty()) return sys::failure(EBUSY, sys::cat("remove group ", name));
  groups.erase(name);
  return {};
}

}  // namespace fakes
