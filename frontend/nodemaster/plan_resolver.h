// Makes a plan ready to be sent: its files are found and hashed, in a worker, since that reads them all. Nodes that ask
// at about the same time share one resolution; a while later the files are looked at anew. What depends on the kernel
// that a node runs makes one resolution for each release that nodes really run. One worker runs at a time, for whoever has
// waited longest, and their number is bounded: a node may say that it runs anything.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/content_store.h"
#include "sys/loop.h"
#include "sys/worker.h"

namespace frontend {

struct ResolvedPlan {
  std::vector<PlanStep> steps;  // with hashes and sizes, or a problem
  ContentStore::Offer offer;    // the content is served as long as anybody holds the plan
};
using SharedPlan = std::shared_ptr<const ResolvedPlan>;

class PlanResolver {
 public:
  static constexpr sys::Duration fresh = std::chrono::seconds(2);
  static constexpr sys::Duration deadline = std::chrono::minutes(10);
  static constexpr std::size_t max_releases = 32;  // that are waited for at the same time
  using Ticket = std::uint64_t;                    // of who waits
  using Ready = std::function<void(sys::Result<SharedPlan>)>;

  PlanResolver(sys::Loop& loop, sys::Workers& workers, ContentStore& store)
      : loop_(loop), workers_(workers), store_(store) {}
  ~PlanResolver();

  // Whoever waits gets the new plan.
  void set_plan(std::vector<PlanStep> plan);
  // Calls `ready` from the loop, once, with the plan for nodes whose kernel is of that release. What is missing is a
  // problem of the step; an error is that of the whole.
  Ticket want(const std::string& kernel, Ready ready);
  // Whoever got that ticket does not wait any more. Has no effect when `ready` has been called, or is about to be.
  void withdraw(Ticket ticket);
  // The files may have changed: who asks from now on gets what is found from now on. Those who have waited before get what
  // they wait for.
  void forget();

 private:
  struct Waiter {
    Ticket ticket;
    std::string kernel;
    Ready ready;
  };
  struct Batch {
    std::vector<Waiter> waiting;  // in the order in which they came
    std::vector<Waiter> served;   // by the worker that runs
    SharedPlan latest;
    sys::Instant latest_at;
  };

  std::string key_of(const std::string& kernel) const { return by_kernel_ ? kernel : std::string(); }
  bool is_full(const std::string& key) const;
  void stop_worker();
  void resolve_next();
  void resolve(const std::string& kernel);
  void finish(const std::string& kernel, sys::Result<SharedPlan> plan);
  sys::Result<SharedPlan> take_in(const sys::WorkerResult& result);
  sys::Result<SharedPlan> complete(std::span<const std::byte> findings);

  sys::Loop& loop_;
  sys::Workers& workers_;
  ContentStore& store_;
  std::vector<PlanStep> plan_;
  bool by_kernel_ = false;
  std::map<std::string, Batch> batches_;  // by release; of a plan that does not depend on it, one without
  sys::WorkerId worker_ = 0;              // 0: none runs
  std::string worker_key_;                // whose batch it works for
  bool stale_ = false;                    // it began before the files were forgotten
  Ticket next_ticket_ = 1;
};

}  // namespace frontend
