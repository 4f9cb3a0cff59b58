// Commands that had asked for a job of an earlier nodemaster, and wait until a node says that it holds processes of it:
// nodes join one by one.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <utility>

#include "frontend/nodemaster/credentials.h"
#include "frontend/nodemaster/job.h"
#include "sys/loop.h"

namespace frontend {

struct JobClaim {
  transport::RunAttach attach;
  Credentials caller;
  JobOwner* owner = nullptr;
  std::function<void(Job&)> granted;               // the job is the owner's; maybe from inside of attach()
  std::function<void(const sys::Error&)> refused;  // from the loop
};

class JobClaims {
 public:
  JobClaims(sys::Loop& loop, const JobPatience& patience) : loop_(loop), patience_(patience) {}

  void add(JobClaim claim);
  // The owner has gone.
  void drop(const JobOwner& owner);
  // Takes out the claim of `job` whose caller may have it, if there is one.
  std::optional<JobClaim> take(const Job& job);
  // Whether that caller may have the job of that user.
  static bool may_claim(const Credentials& caller, std::uint32_t uid) { return caller.uid == 0 || caller.uid == uid; }

 private:
  struct Entry {
    Entry(sys::Loop& loop, JobClaim its_claim) : claim(std::move(its_claim)), limit(loop) {}
    JobClaim claim;
    sys::Timer limit;
  };

  void give_up(const JobOwner* owner);

  sys::Loop& loop_;
  const JobPatience& patience_;
  std::list<Entry> entries_;
};

}  // namespace frontend
