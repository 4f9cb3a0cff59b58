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

PlanResolver::~PlanResolver() { stop_worker(); }

void PlanResolver::stop_worker() {
  if (worker_ != 0) workers_.cancel(std::exchange(worker_, 0));
}

void PlanResolver::set_plan(std::vector<PlanStep> plan) {
  plan_ = std::move(plan);
  by_kernel_ = std::any_of(plan_.begin(), plan_.end(), depends_on_kernel);
  stop_worker();
  std::map<Ticket, Waiter> waiters;
  for (auto& [key, batch] : std::exchange(batches_, {})) {
    for (auto* list : {&batch.served, &batch.waiting})
      for (Waiter& waiter : *list)
        waiters.emplace(waiter.ticket, std::move(waiter));
  }
  for (auto& [ticket, waiter] : waiters)
    batches_[key_of(waiter.kernel)].waiting.push_back(std::move(waiter));
  resolve_next();
}

void PlanResolver::forget() {
  for (auto& [key, batch] : batches_)
    batch.latest.reset();
  stale_ = true;
}

bool PlanResolver::is_full(const std::string& key) const {
  const auto is_wanted = [](const auto& entry) {
    return !entry.second.waiting.empty() || !entry.second.served.empty();
  };
  const auto wanted = static_cast<std::size_t>(std::count_if(batches_.begin(), batches_.end(), is_wanted));
  const auto known = batches_.find(key);
  return wanted >= max_releases && (known == batches_.end() || !is_wanted(*known));
}

PlanResolver::Ticket PlanResolver::want(const std::string& kernel, Ready ready) {
  const Ticket ticket = next_ticket_++;
  const sys::Instant now = loop_.clock().now();
  std::erase_if(batches_, [now](const auto& entry) {
    const Batch& batch = entry.second;
    return batch.waiting.empty() && batch.served.empty() && now - batch.latest_at >= fresh;
  });
  const std::string key = key_of(kernel);
  if (is_full(key)) {
    loop_.defer([ready = std::move(ready)] {
      ready(
          sys::refusal(sys::cat("nodes that run ", max_releases, " other kernels wait for the plan's files already")));
    });
    return ticket;
  }
  Batch& batch = batches_[key];
  if (batch.latest) {
    loop_.defer([plan = batch.latest, ready = std::move(ready)] { ready(plan); });
    return ticket;
  }
  const bool shares = worker_ != 0 && worker_key_ == key && !stale_;
  (shares ? batch.served : batch.waiting).push_back({ticket, kernel, std::move(ready)});
  resolve_next();
  return ticket;
}

void PlanResolver::withdraw(Ticket ticket) {
  for (auto& [key, batch] : batches_) {
    const auto is_it = [ticket](const Waiter& waiter) { return waiter.ticket == ticket; };
    std::erase_if(batch.waiting, is_it);
    if (std::erase_if(batch.served, is_it) == 0 || !batch.served.empty()) continue;
    stop_worker();  // nobody wants what it finds
  }
  resolve_next();
}

void PlanResolver::resolve_next() {
  while (worker_ == 0) {
    const std::pair<const std::string, Batch>* next = nullptr;
    for (const auto& entry : batches_) {
      const auto& waiting = entry.second.waiting;
      if (waiting.empty()) continue;
      if (!next || waiting.front().ticket < next->second.waiting.front().ticket) next = &entry;
    }
    if (!next) return;
    const std::string key = next->first;
    Batch& batch = batches_[key];
    batch.served = std::exchange(batch.waiting, {});
    stale_ = false;
    resolve(key);
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
  worker_key_ = kernel;
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
  if (plan && !stale_) {
    batch.latest = *plan;
    batch.latest_at = loop_.clock().now();
  }
  for (Waiter& waiter : std::exchange(batch.served, {})) {
    loop_.defer([plan, ready = std::move(waiter.ready)] { ready(plan); });
  }
}

}  // namespace frontend
