#include "frontend/nodemaster/local_programs.h"

#include <algorithm>
#include <csignal>

#include "frontend/nodemaster/program_output.h"
#include "sys/text.h"

namespace frontend {

struct LocalPrograms::Running {
  explicit Running(sys::Loop& loop) : limit(loop) {}
  Done done;  // empty: cancelled
  int pid = 0;
  sys::Status failure;  // of the start, or what killed it
  sys::Timer limit;
  std::unique_ptr<ProgramOutput> output;
  std::unique_ptr<ProgramOutput> error;
};

LocalPrograms::LocalPrograms(sys::Loop& loop, sys::Spawner& spawner, sys::Children& children, sys::Log& log,
                             std::size_t at_once)
    : loop_(loop), spawner_(spawner), children_(children), log_(log), at_once_(at_once) {}

LocalPrograms::~LocalPrograms() {
  for (const auto& [id, running] : running_)
    (void)children_.signal(running->pid, SIGKILL, true);
}

LocalPrograms::Id LocalPrograms::start(LocalProgram program, Done done) {
  const Id id = next_id_++;
  waiting_.push_back({id, std::move(program), std::move(done)});
  loop_.defer([this] { start_next(); });
  return id;
}

void LocalPrograms::start_next() {
  while (!waiting_.empty() && running_.size() < at_once_) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    run(std::move(next));
  }
}

void LocalPrograms::run(Waiting next) {
  sys::SpawnSpec spec;
  spec.path = next.program.command.front();
  spec.arguments = next.program.command;
  spec.environment = next.program.environment;
  const Id id = next.id;
  auto running = std::make_unique<Running>(loop_);
  auto spawned = spawner_.start(
      std::move(spec),
      [this, id](const sys::Status& status) {
        if (const auto found = running_.find(id); found != running_.end() && !status) found->second->failure = status;
      },
      [this, id](const sys::Exit& exit) { on_ended(id, exit); });
  if (!spawned) return next.done(tl::make_unexpected(spawned.error()));
  running->pid = spawned->pid;
  running->done = std::move(next.done);
  running->output = std::make_unique<ProgramOutput>(loop_, std::move(spawned->output), next.program.title, log_);
  running->error = std::make_unique<ProgramOutput>(loop_, std::move(spawned->error), next.program.title, log_);
  const auto limit = next.program.limit;
  running->limit.set(limit, [this, id] { on_limit(id); });
  running_.emplace(id, std::move(running));
}

void LocalPrograms::on_limit(Id id) {
  Running& running = *running_.at(id);
  running.failure = sys::refusal("took longer than its time limit and was killed");
  (void)children_.signal(running.pid, SIGKILL, true);
}

void LocalPrograms::on_ended(Id id, const sys::Exit& exit) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  const std::unique_ptr<Running> running = std::move(found->second);
  running_.erase(found);
  running->output->drain();
  running->error->drain();
  sys::Status status = running->failure;
  if (status && exit.status != 0) status = sys::refusal(sys::describe_status(exit.status));
  if (running->done) running->done(status);
  start_next();
}

void LocalPrograms::cancel(Id id) {
  std::erase_if(waiting_, [id](const Waiting& waiting) { return waiting.id == id; });
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second->done = nullptr;
  (void)children_.signal(found->second->pid, SIGKILL, true);
}

}  // namespace frontend
