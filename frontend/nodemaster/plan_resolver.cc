#include "frontend/nodemaster/plan_resolver.h"

#include <algorithm>

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
  forget();
}

void PlanResolver::forget() {
  latest_.reset();
  if (worker_ == 0) return;
  workers_.cancel(std::exchange(worker_, 0));
  resolve();
}

void PlanResolver::want(Ready ready) {
  if (latest_ && loop_.clock().now() - latest_at_ < fresh) {
    loop_.defer([plan = latest_, ready = std::move(ready)] { ready(plan); });
    return;
  }
  waiting_.push_back(std::move(ready));
  if (worker_ == 0) resolve();
}

void PlanResolver::resolve() {
  if (std::none_of(plan_.begin(), plan_.end(), needs_files)) return finish(complete({}));
  sys::WorkerSpec spec;
  spec.name = "reading the plan's files";
  spec.deadline = deadline;
  spec.output_limit = max_findings;
  spec.work = [this](sys::WorkerOutput& output) {
    transport::Bytes findings;
    gather_files(plan_, findings);
    return output.write(findings.data(), findings.size()) ? 0 : 1;
  };
  const auto worker = workers_.start(std::move(spec), [this](const sys::WorkerResult& result) {
    worker_ = 0;
    finish(take_in(result));
  });
  if (!worker) return finish(tl::make_unexpected(worker.error()));
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

void PlanResolver::finish(sys::Result<SharedPlan> plan) {
  if (plan) {
    latest_ = *plan;
    latest_at_ = loop_.clock().now();
  }
  for (Ready& ready : std::exchange(waiting_, {})) {
    loop_.defer([plan, ready = std::move(ready)] { ready(plan); });
  }
}

}  // namespace frontend
