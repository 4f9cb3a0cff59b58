// PlanRequest: PlanReplies as the command takes them, then Done.
#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class PlanVerb final : public Verb {
 public:
  PlanVerb(transport::PlanRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    const auto ready = [this](sys::Result<PlanAnswer> answer) {
      worker_ = 0;
      take(std::move(answer));
    };
    switch (request_.question) {
      case transport::PlanQuestion::show:
        return take(desk_.inquiry.show());
      case transport::PlanQuestion::check:
        return wait_for(desk_.inquiry.check(ready));
      case transport::PlanQuestion::dry_run: {
        const auto nodes = select_some(request_.nodes, desk_.table, reply_);
        if (!nodes.empty()) wait_for(desk_.inquiry.dry_run(nodes, ready));
        return;
      }
    }
  }

  void on_drained() override {
    while (!finished_ && !answer_.empty() && !reply_.congested()) {
      const auto part = answer_.next();
      if (!part) return fail(part.error());
      reply_.send(*part);
    }
    if (finished_ || !ready_ || !answer_.empty()) return;
    finished_ = true;
    reply_.finish(transport::Done{});
  }

  void on_gone() override {
    if (worker_ != 0) desk_.inquiry.cancel(std::exchange(worker_, 0));
    finished_ = true;
  }

 private:
  void wait_for(sys::Result<sys::WorkerId> worker) {
    if (!worker) return fail(worker.error());
    worker_ = *worker;
  }

  void take(sys::Result<PlanAnswer> answer) {
    if (!answer) return fail(answer.error());
    ready_ = true;
    answer_ = std::move(*answer);
    on_drained();
  }

  void fail(const sys::Error& error) {
    finished_ = true;
    reply_.fail(false, error.text());
  }

  const transport::PlanRequest request_;
  Desk& desk_;
  Reply& reply_;
  sys::WorkerId worker_ = 0;  // 0: none runs
  bool ready_ = false;
  PlanAnswer answer_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_plan_verb(transport::PlanRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<PlanVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
