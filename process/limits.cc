#include "process/limits.h"

#include <algorithm>

#include "sys/text.h"

namespace process {
namespace {

sys::Status check(const sys::Limit& limit) {
  if (!sys::find_limit(limit.resource))
    return sys::refusal(sys::cat("there is no limit number ", unsigned{limit.resource}, ": correct the plan"));
  if (limit.soft > limit.hard)
    return sys::refusal(sys::cat("limit ", sys::describe(limit), ": the soft one is the larger: correct the plan"));
  return sys::try_limit(limit);
}

// What is out of reach becomes our own hard limit: what the kernel refuses, and of users what takes from others, since
// the kernel lets PID 1 give anything to anybody.
sys::Limit within_reach(const sys::Limit& limit, std::uint32_t uid) {
  const sys::LimitName* const row = sys::find_limit(limit.resource);
  const bool trusted = uid == 0 || (row && !row->guards);
  if (trusted && sys::try_limit(limit)) return limit;
  const auto own = sys::current_limit(limit.resource);
  const std::uint64_t hard = own ? std::min(limit.hard, own->hard) : limit.hard;
  return {limit.resource, std::min(limit.soft, hard), hard};
}

}  // namespace

sys::Limit* Limits::find(std::uint8_t resource) {
  const auto found =
      std::find_if(limits_.begin(), limits_.end(), [&](const sys::Limit& limit) { return limit.resource == resource; });
  return found == limits_.end() ? nullptr : &*found;
}

sys::Result<std::string> Limits::set(const transport::LimitsStep& step) {
  std::vector<sys::Limit> wanted;
  for (const transport::LimitEntry& entry : step.limits) {
    wanted.push_back({entry.resource, entry.soft, entry.hard});
    if (auto status = check(wanted.back()); !status) return tl::unexpected(status.error());
  }
  std::string changes;
  for (const sys::Limit& limit : wanted) {
    sys::Limit* known = find(limit.resource);
    if (known && *known == limit) continue;
    changes += sys::cat(changes.empty() ? "" : ", ", sys::describe(limit));
    if (known) {
      *known = limit;
    } else {
      limits_.push_back(limit);
    }
  }
  return changes;
}

std::vector<sys::Limit> Limits::with(const std::vector<transport::LimitEntry>& own, std::uint32_t uid) const {
  std::vector<sys::Limit> all = limits_;
  for (const transport::LimitEntry& entry : own) {
    const auto same = [&](const sys::Limit& limit) { return limit.resource == entry.resource; };
    if (!sys::find_limit(entry.resource) || std::any_of(all.begin(), all.end(), same)) continue;
    all.push_back(within_reach({entry.resource, std::min(entry.soft, entry.hard), entry.hard}, uid));
  }
  return all;
}

void Limits::keep_only(const std::set<std::uint8_t>& resources) {
  std::erase_if(limits_, [&](const sys::Limit& limit) {
    if (resources.contains(limit.resource)) return false;
    const sys::LimitName* row = sys::find_limit(limit.resource);
    log_.info("limit ", row ? row->name : "", ": the default again, as the plan sets it no more");
    return true;
  });
}

}  // namespace process
