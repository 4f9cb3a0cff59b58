// RunRequest: a job (job.h), whose news are the answers; Done when it is over. RunSignal and the like go to its ranks.
// RunAttach: the same for a job that an earlier nodemaster had begun.
#include "frontend/nodemaster/verb.h"

#include "sys/overloaded.h"

namespace frontend {
namespace {

class JobVerb : public Verb, protected JobOwner {
 public:
  JobVerb(Desk& desk, Reply& reply) : desk_(desk), reply_(reply) {}

  void on_run_message(transport::Message& message) override {
    if (!job_) return;
    std::visit(sys::Overloaded{[this](const transport::RunGhosts& ghosts) { job_->on_ghosts(ghosts); },
                               [this](const transport::RunCredit& credit) { job_->on_credit(credit); },
                               [this](const transport::RunAck& ack) { job_->on_ack(ack); },
                               [this](const transport::RunSignal& signal) { job_->signal(signal); },
                               [this](const transport::RunResize& resize) { job_->resize(resize); },
                               [this](const transport::RunInput& input) { on_input(input); }, [](const auto&) {}},
               message);
  }
  void on_gone() override {
    if (job_) std::exchange(job_, nullptr)->on_owner_gone();
  }

 protected:
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

  Desk& desk_;
  Reply& reply_;
  Job* job_ = nullptr;  // while it runs
};

class RunVerb final : public JobVerb {
 public:
  RunVerb(transport::RunRequest request, Desk& desk, Reply& reply)
      : JobVerb(desk, reply), request_(std::move(request)) {}

  void start() override {
    const auto nodes = select_some(request_.nodes, desk_.table, reply_);
    if (nodes.empty()) return;
    const auto job = desk_.jobs.start(std::move(request_), nodes, reply_.caller(), *this);
    if (!job) return reply_.fail(false, job.error().text());
    job_ = *job;
  }

 private:
  transport::RunRequest request_;
};

class AttachVerb final : public JobVerb {
 public:
  AttachVerb(transport::RunAttach request, Desk& desk, Reply& reply)
      : JobVerb(desk, reply), request_(std::move(request)) {}

  void start() override {
    desk_.jobs.attach({.attach = std::move(request_),
                       .caller = reply_.caller(),
                       .owner = this,
                       .granted = [this](Job& job) { job_ = &job; },
                       .refused =
                           [this, alive = std::weak_ptr(alive_)](const sys::Error& why) {
                             if (!alive.expired()) reply_.fail(false, why.text());
                           }});
  }
  void on_gone() override {
    alive_.reset();
    desk_.jobs.drop_claim(*this);
    JobVerb::on_gone();
  }

 private:
  transport::RunAttach request_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Verb> make_run_verb(transport::RunRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<RunVerb>(std::move(request), desk, reply);
}

std::unique_ptr<Verb> make_attach_verb(transport::RunAttach request, Desk& desk, Reply& reply) {
  return std::make_unique<AttachVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
