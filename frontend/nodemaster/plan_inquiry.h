// Answers nodectl's questions about the plan. What blocks is done in a worker, whose answers travel to the parent as
// frames, as on the wire, so that the bounds that hold for strangers hold for a worker that went astray.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/plan_answers.h"
#include "sys/files.h"
#include "sys/worker.h"

namespace frontend {

// The parts of an answer, one after the other.
class PlanAnswer {
 public:
  PlanAnswer() = default;
  explicit PlanAnswer(transport::Bytes frames) : frames_(std::move(frames)) {}
  bool empty() const { return at_ == frames_.size(); }
  sys::Result<transport::Message> next();

 private:
  transport::Bytes frames_;
  std::size_t at_ = 0;
};

class PlanInquiry {
 public:
  using Ready = std::function<void(sys::Result<PlanAnswer>)>;

  // `path`: of cluster.toml.
  PlanInquiry(sys::Workers& workers, sys::Files& files, const NodeTable& table, std::string path)
      : workers_(workers), files_(files), table_(table), path_(std::move(path)) {}

  // The plan and the hooks that hold from now on.
  void configure(std::vector<PlanStep> plan, HookSettings hooks);

  sys::Result<PlanAnswer> show() const;
  // Call `ready` from the loop, once, unless they are cancelled.
  sys::Result<sys::WorkerId> check(Ready ready);
  sys::Result<sys::WorkerId> dry_run(const std::vector<transport::NodeNumber>& nodes, Ready ready);
  void cancel(sys::WorkerId id) { workers_.cancel(id); }

 private:
  sys::Result<sys::WorkerId> ask(std::function<void(const PlanSink&)> question, Ready ready);

  sys::Workers& workers_;
  sys::Files& files_;
  const NodeTable& table_;
  const std::string path_;
  std::vector<PlanStep> plan_;
  HookSettings hooks_;
};

}  // namespace frontend
