#include "frontend/nodemaster/plan_resolver.h"

#include <algorithm>

#include "frontend/nodemaster/node_facts.h"
#include "frontend/nodemaster/plan_files.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_findings = 64u << 20;  // bytes

sys::Status failure_of(const sys::WorkerResult& result) {
  if (result.succeeded()) return {};
  if (result.end != sys::WorkerEnd::exited)
    return sys::refusal("reading the plan's files took too long; it was given up");
  if (result.output_overflow) return sys::refusal("the plan names too many files");
  return sys::refusal(
      sys::cat("the worker that reads the plan's files died: ", sys::describe_status(result.exit.status)));
}

}  // namespace

PlanResolver::~PlanResolver() {
  if (worker_ != 0) workers_.cancel(worker_);
}

void PlanResolver::set_plan(std::vector<PlanStep> plan) {
  plan_ = std::move(plan);
  by_kernel_ = std::any_of(plan_.begin(), plan_.end(), depends_on_kernel);
  for (auto& [kernel, batch] : std::exchange(batches_, {})) {
    for (Waiter& waiter : batch.waiting)
      batch_of(std::string(waiter.kernel)).waiting.push_back(std::move(waiter));
  }
  forget();
}

void PlanResolver::forget() {
  for (auto& [kernel, batch] : batches_)
    batch.latest.reset();
  if (worker_ == 0) return;
  workers_.cancel(std::exchange(worker_, 0));
  resolve_next();
}

void PlanResolver::want(const std::string& kernel, Ready ready) {
  const sys::Instant now = loop_.clock().now();
  std::erase_if(batches_, [now](const auto& entry) {
    return entry.second.waiting.empty() && now - entry.second.latest_at >= fresh;
  });
  Batch& batch = batch_of(kernel);
  if (batch.latest) return loop_.defer([plan = batch.latest, ready = std::move(ready)] { ready(plan); });
  batch.waiting.push_back({kernel, std::move(ready)});
  resolve_next();
}

void PlanResolver::resolve_next() {
  while (worker_ == 0) {
    const auto next =
        std::find_if(batches_.begin(), batches_.end(), [](const auto& entry) { return !entry.second.waiting.empty(); });
    if (next == batches_.end()) return;
    resolve(std::string(next->first));
  }
}

void PlanResolver::resolve(const std::string& kernel) {
  if (std::none_of(plan_.begin(), plan_.end(), needs_files)) return finish(kernel, complete({}));
  sys::WorkerSpec spec;
  spec.name = "reading the plan's files";
  spec.deadline = deadline;
  spec.output_limit = max_findings;
  spec.work = [this, kernel](sys::WorkerOutput& output) {
    std::vector<PlanStep> plan = plan_;
    for (PlanStep& step : plan)
      fill_in_kernel(step, kernel);
    transport::Bytes findings;
    gather_files(plan, findings);
    return output.write(findings.data(), findings.size()) ? 0 : 1;
  };
  const auto worker = workers_.start(std::move(spec), [this, kernel](const sys::WorkerResult& result) {
    worker_ = 0;
    finish(kernel, take_in(result));
    resolve_next();
  });
  if (!worker) return finish(kernel, tl::make_unexpected(worker.error()));
  worker_ = *worker;
}

sys::Result<SharedPlan> PlanResolver::take_in(const sys::WorkerResult& result) {
  if (auto status = failure_of(result); !status) return tl::make_unexpected(status.error());
  return complete(result.output);
}

sys::Result<SharedPlan> PlanResolver::complete(std::span<const std::byte> findings) {
  auto plan = std::make_shared<ResolvedPlan>();
  plan->steps = plan_;
  const auto sources = fill_in_files(findings, plan->steps);
  if (!sources) return tl::make_unexpected(sources.error());
  plan->offer = store_.offer(*sources);
  return plan;
}

void PlanResolver::finish(const std::string& kernel, sys::Result<SharedPlan> plan) {
  Batch& batch = batches_[kernel];
  if (plan) {
    batch.latest = *plan;
    batch.latest_at = loop_.clock().now();
  }
  for (Waiter& waiter : std::exchange(batch.waiting, {})) {
    loop_.defer([plan, ready = std::move(waiter.ready)] { ready(plan); });
  }
}

}  // namespace frontend
