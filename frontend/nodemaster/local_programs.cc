#include "frontend/nodemaster/local_programs.h"

#include <algorithm>
#include <csignal>

#include "frontend/nodemaster/program_output.h"
#include "sys/text.h"

namespace frontend {

struct LocalPrograms::Running {
  explicit Running(sys::Loop& loop) : limit(loop) {}
  LocalProgram program;
  Done done;  // empty: cancelled
  int pid = 0;
  sys::Status failure;  // of the start, or what killed it
  sys::Timer limit;
  std::size_t lines = 0;
  std::string last_line;
  std::unique_ptr<ProgramOutput> output;
  std::unique_ptr<ProgramOutput> error;
};

namespace {

sys::Status with_last_line(const sys::Error& error, const std::string& line) {
  return sys::refusal(line.empty() ? error.text() : sys::cat(error.text(), ": ", line));
}

}  // namespace

LocalPrograms::LocalPrograms(sys::Loop& loop, sys::Spawner& spawner, sys::Children& children)
    : loop_(loop), spawner_(spawner), children_(children), turn_(loop) {}

LocalPrograms::~LocalPrograms() { static_cast<void>(end()); }

void LocalPrograms::set_at_once(std::size_t at_once) {
  at_once_ = std::max<std::size_t>(at_once, 1);
  if (!waiting_.empty()) turn_.set(sys::Duration::zero(), [this] { start_next(); });
}

LocalPrograms::Id LocalPrograms::start(LocalProgram program, Done done) {
  const Id id = next_id_++;
  waiting_.push_back({id, std::move(program), std::move(done)});
  turn_.set(sys::Duration::zero(), [this] { start_next(); });
  return id;
}

bool LocalPrograms::is_busy(transport::NodeNumber node) const {
  return std::any_of(running_.begin(), running_.end(),
                     [node](const auto& entry) { return entry.second->program.node == node; });
}

// What begins may be told to go again, so that the list is looked at anew each time.
void LocalPrograms::start_next() {
  while (running_.size() < at_once_) {
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [this](const Waiting& waiting) { return !is_busy(waiting.program.node); });
    if (next == waiting_.end()) return;
    Waiting chosen = std::move(*next);
    waiting_.erase(next);
    run(std::move(chosen));
  }
}

void LocalPrograms::run(Waiting next) {
  sys::SpawnSpec spec;
  spec.path = next.program.command.front();
  spec.arguments = next.program.command;
  spec.environment = std::move(next.program.environment);
  spec.input = std::move(next.program.input);
  spec.leftovers = sys::Leftovers::die_on_failure;
  const Id id = next.id;
  auto spawned = spawner_.start(
      std::move(spec),
      [this, id](const sys::Status& status) {
        if (const auto found = running_.find(id); found != running_.end() && !status) found->second->failure = status;
      },
      [this, id](const sys::Exit& exit) { on_ended(id, exit); });
  if (!spawned) {
    return loop_.defer([done = std::move(next.done), error = spawned.error()] { done(tl::make_unexpected(error)); });
  }
  Running& running = *running_.emplace(id, std::make_unique<Running>(loop_)).first->second;
  running.program = std::move(next.program);
  running.done = std::move(next.done);
  running.pid = spawned->pid;
  const auto line = [this, id](std::string_view text) { on_line(id, text); };
  running.output = std::make_unique<ProgramOutput>(loop_, std::move(spawned->output), line);
  running.error = std::make_unique<ProgramOutput>(loop_, std::move(spawned->error), line);
  running.limit.set(running.program.limit, [this, id] { on_limit(id); });
  running.program.began();
}

void LocalPrograms::on_line(Id id, std::string_view line) {
  Running& running = *running_.at(id);
  if (!running.done) return;
  running.last_line = line;
  ++running.lines;
  if (running.lines <= max_lines) running.program.line(line);
  if (running.lines == max_lines) running.program.line(sys::cat("(the rest, after ", max_lines, " lines, is dropped)"));
}

void LocalPrograms::on_limit(Id id) {
  Running& running = *running_.at(id);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(running.program.limit).count();
  const std::string limit = ms % 1000 == 0 ? sys::cat(ms / 1000, " s") : sys::cat(ms, " ms");
  running.failure = sys::refusal(sys::cat("took longer than its time limit of ", limit, " and was killed"));
  (void)children_.signal(running.pid, SIGKILL, true);
}

void LocalPrograms::on_ended(Id id, const sys::Exit& exit) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second->output->finish();
  found->second->error->finish();
  const std::unique_ptr<Running> running = std::move(found->second);
  running_.erase(found);
  sys::Status status = running->failure;
  if (status && exit.status != 0) status = sys::refusal(sys::describe_status(exit.status));
  if (!status) status = with_last_line(status.error(), running->last_line);
  if (running->done) running->done(status);
  turn_.set(sys::Duration::zero(), [this] { start_next(); });
}

void LocalPrograms::cancel(Id id) {
  waiting_.remove_if([id](const Waiting& waiting) { return waiting.id == id; });
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second->done = nullptr;
  (void)children_.signal(found->second->pid, SIGKILL, true);
}

LocalPrograms::Left LocalPrograms::end() {
  Left left;
  for (const Waiting& waiting : waiting_)
    left.dropped.push_back(waiting.program.title);
  waiting_.clear();
  for (const auto& [id, running] : running_) {
    if (!running->done) continue;
    left.killed.push_back(running->program.title);
    cancel(id);
  }
  return left;
}

}  // namespace frontend
