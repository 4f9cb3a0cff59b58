// RunRequest: a job (job.h), whose news are the answers; Done when it is over. RunSignal goes to its ranks.
#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class RunVerb final : public Verb, private JobOwner {
 public:
  RunVerb(transport::RunRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto nodes = select_some(request_.nodes, desk_.table, reply_);
    if (nodes.empty()) return;
    const auto job = desk_.jobs.start(std::move(request_), nodes, reply_.caller(), *this);
    if (!job) return reply_.fail(false, job.error().text());
    job_ = *job;
  }
  void on_run_message(transport::Message& message) override {
    if (!job_) return;
    if (const auto* ghosts = std::get_if<transport::RunGhosts>(&message)) job_->on_ghosts(*ghosts);
    if (const auto* credit = std::get_if<transport::RunCredit>(&message)) job_->on_credit(*credit);
    if (const auto* signal = std::get_if<transport::RunSignal>(&message)) job_->signal(*signal);
    if (const auto* resize = std::get_if<transport::RunResize>(&message)) job_->resize(*resize);
    if (const auto* input = std::get_if<transport::RunInput>(&message)) on_input(*input);
  }
  void on_gone() override {
    if (job_) std::exchange(job_, nullptr)->on_owner_gone();
  }

 private:
  void on_input(const transport::RunInput& input) {
    const auto taken = job_->on_input(input);
    if (taken) return;
    on_gone();
    reply_.fail(false, taken.error().what);
  }
  void send(const transport::Message& message) override { reply_.send(message); }
  void on_job_over() override {
    job_ = nullptr;
    reply_.finish(transport::Done{});
  }

  transport::RunRequest request_;
  Desk& desk_;
  Reply& reply_;
  Job* job_ = nullptr;  // while it runs
};

}  // namespace

std::unique_ptr<Verb> make_run_verb(transport::RunRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<RunVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
