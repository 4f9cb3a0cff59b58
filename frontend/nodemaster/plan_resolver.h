// Makes a plan ready to be sent: its files are found and hashed, in a worker, since that reads them all. Nodes that ask
// at about the same time share one resolution; a while later the files are looked at anew.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/content_store.h"
#include "sys/loop.h"
#include "sys/worker.h"

namespace frontend {

struct ResolvedPlan {
  std::vector<PlanStep> steps;  // with hashes and sizes
  ContentStore::Offer offer;    // the content is served as long as anybody holds the plan
};
using SharedPlan = std::shared_ptr<const ResolvedPlan>;

class PlanResolver {
 public:
  static constexpr sys::Duration fresh = std::chrono::seconds(2);
  static constexpr sys::Duration deadline = std::chrono::minutes(10);
  using Ready = std::function<void(sys::Result<SharedPlan>)>;

  PlanResolver(sys::Loop& loop, sys::Workers& workers, ContentStore& store)
      : loop_(loop), workers_(workers), store_(store) {}
  ~PlanResolver();

  // Whoever waits gets the new plan.
  void set_plan(std::vector<PlanStep> plan);
  // Calls `ready` from the loop, once.
  void want(Ready ready);
  // The files have changed: the next want() looks at them.
  void forget();

 private:
  void resolve();
  void finish(sys::Result<SharedPlan> plan);
  sys::Result<SharedPlan> take_in(const sys::WorkerResult& result);
  sys::Result<SharedPlan> complete(std::span<const std::byte> findings);

  sys::Loop& loop_;
  sys::Workers& workers_;
  ContentStore& store_;
  std::vector<PlanStep> plan_;
  std::vector<Ready> waiting_;
  sys::WorkerId worker_ = 0;  // 0: none runs
  SharedPlan latest_;
  sys::Instant latest_at_;
};

}  // namespace frontend
