// RunRequest: a job (job.h), whose news are the answers; Done when it is over. RunSignal goes to its ranks.
//
// What others than admins bring to nodes is looked at first (own_places.h), by a worker.
#include "frontend/nodemaster/own_places.h"
#include "frontend/nodemaster/verb.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr sys::Duration check_deadline = std::chrono::minutes(1);

class RunVerb final : public Verb, private JobOwner {
 public:
  RunVerb(transport::RunRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const bool trusted = role_of(reply_.caller(), desk_.admins) >= Role::admin;
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
  void on_run_message(transport::Message& message) override {
    if (!job_) return;
    if (const auto* ghosts = std::get_if<transport::RunGhosts>(&message)) job_->on_ghosts(*ghosts);
    if (const auto* credit = std::get_if<transport::RunCredit>(&message)) job_->on_credit(*credit);
    if (const auto* signal = std::get_if<transport::RunSignal>(&message)) job_->signal(*signal);
  }
  void on_gone() override {
    desk_.workers.cancel(std::exchange(check_, 0));
    if (job_) std::exchange(job_, nullptr)->on_owner_gone();
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
    const auto job = desk_.jobs.start(std::move(request_), nodes, reply_.caller(), *this);
    if (!job) return reply_.fail(false, job.error().text());
    job_ = *job;
  }

  void send(const transport::Message& message) override { reply_.send(message); }
  void on_job_over() override {
    job_ = nullptr;
    reply_.finish(transport::Done{});
  }

  transport::RunRequest request_;
  Desk& desk_;
  Reply& reply_;
  sys::WorkerId check_ = 0;  // of what is brought along, while it is made
  Job* job_ = nullptr;       // while it runs
};

}  // namespace

std::unique_ptr<Verb> make_run_verb(transport::RunRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<RunVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
