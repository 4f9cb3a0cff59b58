// RunRequest: a job (job.h), whose news are the answers; Done when it is over. RunSignal and the like go to its ranks.
// RunAttach: the same for a job that an earlier nodemaster had begun.
//
// What others than admins bring to nodes is looked at first (own_places.h), by a worker.
#include "frontend/nodemaster/held_news.h"
#include "frontend/nodemaster/node_rights.h"
#include "frontend/nodemaster/own_places.h"
#include "frontend/nodemaster/verb.h"
#include "sys/overloaded.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr sys::Duration check_deadline = std::chrono::minutes(1);

class JobVerb : public Verb, protected JobOwner {
 public:
  JobVerb(Desk& desk, Reply& reply) : desk_(desk), reply_(reply) {}

  void on_run_message(transport::Message& message) override {
    if (!job_) return keep(message);
    std::visit(sys::Overloaded{[this](const transport::RunGhosts& ghosts) { job_->on_ghosts(ghosts); },
                               [this](const transport::RunCredit& credit) { job_->on_credit(credit); },
                               [this](const transport::RunAck& ack) { job_->on_ack(ack); },
                               [this](const transport::RunSignal& signal) { job_->signal(signal); },
                               [this](const transport::RunResize& resize) { job_->resize(resize); },
                               [this](const transport::RunProcessSignal& signal) { job_->signal_process(signal); },
                               [this](const transport::RunInput& input) { on_input(input); }, [](const auto&) {}},
               message);
  }
  void on_drained() override {
    while (!reply_.congested() && held_.release_one(now_)) {
    }
  }
  void on_gone() override {
    if (job_) std::exchange(job_, nullptr)->on_owner_gone();
  }

 protected:
  // Its command has signals for it already.
  void begin_with(Job& job) {
    job_ = &job;
    for (const transport::RunSignal& signal : std::exchange(early_, {}))
      job_->signal(signal);
  }
  void keep(const transport::Message& message) {
    const auto* const signal = std::get_if<transport::RunSignal>(&message);
    if (signal && early_.size() < max_early) early_.push_back(*signal);
  }
  void on_input(const transport::RunInput& input) {
    const auto taken = job_->on_input(input);
    if (taken) return;
    on_gone();
    reply_.fail(false, taken.error().what);
  }
  void send(const transport::Message& message) override {
    if (reply_.congested() && held_.keep(message)) return;
    if (const auto* end = std::get_if<transport::RunEnd>(&message)) held_.release(end->rank, now_);
    reply_.send(message);
  }
  void on_job_over() override {
    job_ = nullptr;
    while (held_.release_one(now_)) {
    }
    reply_.finish(transport::Done{});
  }

  Desk& desk_;
  Reply& reply_;
  Job* job_ = nullptr;  // while it runs

 private:
  static constexpr std::size_t max_early = 64;
  std::vector<transport::RunSignal> early_;  // before it runs
  HeldNews held_;                            // while the command does not read
  const HeldNews::Send now_ = [this](const transport::Message& message) { reply_.send(message); };
};

class RunVerb final : public JobVerb {
 public:
  RunVerb(transport::RunRequest request, Desk& desk, Reply& reply)
      : JobVerb(desk, reply), request_(std::move(request)) {}

  void start() override {
    const bool trusted = reply_.role() >= Role::admin;
    if (trusted || request_.files.empty()) return begin();
    sys::WorkerSpec spec{.name = "check places", .deadline = check_deadline};
    spec.work = [this](sys::WorkerOutput& output) {
      const auto status = check_places(request_.files, reply_.caller());
      const std::string text = status ? "" : status.error().text();
      return output.write(text.data(), text.size()) && status ? 0 : 1;
    };
    const auto started = desk_.workers.start(std::move(spec), [this](const auto& result) { on_checked(result); });
    if (!started) return reply_.fail(false, started.error().text());
    check_ = *started;
  }
  void on_gone() override {
    desk_.workers.cancel(std::exchange(check_, 0));
    JobVerb::on_gone();
  }

 private:
  void on_checked(const sys::WorkerResult& result) {
    check_ = 0;
    if (result.succeeded()) return begin();
    const std::string_view said(reinterpret_cast<const char*>(result.output.data()), result.output.size());
    reply_.fail(false,
                said.empty() ? "the files of the program could not be read in time" : sys::printable(said, 1024));
  }

  void begin() {
    const auto nodes = select_some(request_.nodes, desk_.table, reply_);
    if (nodes.empty()) return;
    const auto job = desk_.jobs.start(std::move(request_), nodes, reply_.caller(), reply_.role() >= Role::admin, *this);
    if (!job) return reply_.fail(false, job.error().text());
    note_refusals(nodes);
    begin_with(**job);
  }

  // The ranks there end with the same reason. EACCES of a rank alone does not tell: a program may have it from the kernel.
  void note_refusals(const std::vector<transport::NodeNumber>& nodes) {
    for (const transport::NodeNumber number : nodes) {
      const Node* const node = desk_.table.find(number);
      if (!node || node->state != transport::NodeState::up) continue;
      if (const auto allowed = check_start(node->rights, reply_.caller()); !allowed)
        return reply_.note_refused(sys::cat("permission denied: node ", number, ": ", allowed.error().what));
    }
  }

  transport::RunRequest request_;
  sys::WorkerId check_ = 0;  // of what is brought along, while it is made
};

class AttachVerb final : public JobVerb {
 public:
  AttachVerb(transport::RunAttach request, Desk& desk, Reply& reply)
      : JobVerb(desk, reply), request_(std::move(request)) {}

  void start() override {
    if (is_somebody_elses())
      reply_.note_refused(sys::cat("permission denied: job ", request_.job, " is somebody else's"));
    desk_.jobs.attach({.attach = std::move(request_),
                       .caller = reply_.caller(),
                       .owner = this,
                       .granted = [this](Job& job) { begin_with(job); },
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
  bool is_somebody_elses() const {
    const Job* const job = desk_.jobs.job(request_.job);
    return job && !JobClaims::may_claim(reply_.caller(), job->uid());
  }

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
