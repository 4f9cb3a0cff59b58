#include "frontend/nodemaster/job_claims.h"

#include <algorithm>
#include <utility>

#include "sys/text.h"

namespace frontend {

void JobClaims::add(JobClaim claim) {
  const JobOwner* const owner = claim.owner;
  Entry& entry = entries_.emplace_back(loop_, std::move(claim));
  entry.limit.set(patience_.claim, [this, owner] { give_up(owner); });
}

void JobClaims::drop(const JobOwner& owner) {
  entries_.remove_if([&](const Entry& entry) { return entry.claim.owner == &owner; });
}

std::optional<JobClaim> JobClaims::take(const Job& job) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.claim.attach.job == job.number() && may_claim(entry.claim.caller, job.uid());
  });
  if (found == entries_.end()) return std::nullopt;
  JobClaim claim = std::move(found->claim);
  entries_.erase(found);
  return claim;
}

void JobClaims::give_up(const JobOwner* owner) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [owner](const Entry& entry) { return entry.claim.owner == owner; });
  if (found == entries_.end()) return;
  const JobClaim claim = std::move(found->claim);
  entries_.erase(found);
  claim.refused({0, sys::cat("no node has said within ", patience_.claim / std::chrono::seconds(1),
                             " s that it has processes of job ", claim.attach.job)});
}

}  // namespace frontend
