#include "sys/worker.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include "sys/child.h"
#include "sys/text.h"

namespace sys {

namespace {

constexpr int status_of_exception = 125;
constexpr std::size_t piece_size = 4096;
constexpr int pieces_per_turn = 16;  // 64 KiB: a full pipe (pipe(7))

class PipeOutput final : public WorkerOutput {
 public:
  explicit PipeOutput(int fd) : fd_(fd) {}
  Status write(const void* data, std::size_t size) override { return write_all(fd_, data, size); }

 private:
  int fd_;
};

// Never returns: the parent's stack lies below. _exit() leaves destructors and exit handlers to the parent.
[[noreturn]] void run_in_child(const WorkerSpec& spec, int output_fd) {
  int status = status_of_exception;
  try {
    become_child(output_fd);
    PipeOutput output(output_fd);
    status = spec.work(output);
  } catch (...) {
  }
  ::_exit(status);
}

// One worker, from fork to reap.
struct Worker {
  explicit Worker(Loop& its_loop) : loop(its_loop), alarm(its_loop) {}
  ~Worker() { stop_reading(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void stop_reading() { loop.unwatch(std::exchange(watch, 0)); }

  Loop& loop;
  int pid = 0;
  Fd pipe;
  std::size_t limit = 0;
  std::function<void(WorkerResult)> done;
  WatchId watch = 0;
  Timer alarm;  // the deadline, then the grace after the kill
  WorkerResult result;
};

class KernelWorkers final : public Workers {
 public:
  KernelWorkers(Loop& loop, Children& children) : loop_(loop), children_(children) {}
  ~KernelWorkers() override {
    while (!workers_.empty())
      cancel(workers_.begin()->first);
  }

  Result<WorkerId> start(WorkerSpec spec, std::function<void(WorkerResult)> done) override;
  void cancel(WorkerId id) override;
  std::size_t running() const override { return workers_.size(); }

 private:
  Status follow(WorkerId id, Worker& worker, Duration deadline);
  void read_output(Worker& worker);
  void on_deadline(WorkerId id);
  void on_exit(WorkerId id, const Exit& exit);
  void finish(WorkerId id);
  void kill(const Worker& worker) { (void)children_.signal(worker.pid, SIGKILL, true); }

  Loop& loop_;
  Children& children_;
  std::map<WorkerId, Worker> workers_;
  WorkerId next_id_ = 1;
};

Result<WorkerId> KernelWorkers::start(WorkerSpec spec, std::function<void(WorkerResult)> done) {
  auto pipe = make_pipe();
  if (!pipe) return within(spec.name, pipe.error());
  // Nothing that may fail for want of memory comes between the fork and its being known.
  const WorkerId id = next_id_++;
  Worker& worker = workers_.try_emplace(id, loop_).first->second;
  worker.pipe = std::move(pipe->read);
  worker.limit = spec.output_limit;
  worker.done = std::move(done);
  worker.pid = ::fork();
  if (worker.pid < 0) {
    const int code = errno;
    workers_.erase(id);
    return failure(code, cat(spec.name, ": fork a worker"));
  }
  if (worker.pid == 0) run_in_child(spec, pipe->write.get());
  try {
    if (auto followed = follow(id, worker, spec.deadline); !followed) {
      cancel(id);
      return within(spec.name, followed.error());
    }
  } catch (...) {
    (void)::kill(worker.pid, SIGKILL);  // an orphan, then
    workers_.erase(id);
    throw;
  }
  return id;
}

Status KernelWorkers::follow(WorkerId id, Worker& worker, Duration deadline) {
  children_.expect(worker.pid, [this, id](const Exit& exit) { on_exit(id, exit); });
  if (deadline > Duration::zero()) worker.alarm.set(deadline, [this, id] { on_deadline(id); });
  auto watch = loop_.watch(worker.pipe.get(), Ready::read, [this, &worker](Ready) { read_output(worker); });
  if (!watch) return tl::unexpected(watch.error());
  worker.watch = *watch;
  return {};
}

// Takes what there is, as much as a pipe can hold. Past its limit the worker is killed and the rest is thrown away.
void KernelWorkers::read_output(Worker& worker) {
  std::array<std::byte, piece_size> piece;
  auto& output = worker.result.output;
  for (int pieces = 0; pieces < pieces_per_turn; ++pieces) {
    const ssize_t size = ::read(worker.pipe.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return worker.stop_reading();
    const auto room = std::min(worker.limit - output.size(), static_cast<std::size_t>(size));
    output.insert(output.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(room));
    if (room == static_cast<std::size_t>(size)) continue;
    worker.result.output_overflow = true;
    worker.stop_reading();
    kill(worker);
    return;
  }
}

void KernelWorkers::on_deadline(WorkerId id) {
  Worker& worker = workers_.at(id);
  worker.result.end = WorkerEnd::timed_out;
  worker.alarm.set(kill_grace, [this, id] {
    Worker& stuck = workers_.at(id);
    stuck.result.end = WorkerEnd::hung;
    children_.expect(stuck.pid, [](const Exit&) {});
    finish(id);
  });
  kill(worker);
}

void KernelWorkers::on_exit(WorkerId id, const Exit& exit) {
  Worker& worker = workers_.at(id);
  worker.result.exit = exit;
  finish(id);
}

// What is in the pipe now is all: something that the worker started may hold it open for ever.
void KernelWorkers::finish(WorkerId id) {
  Worker& worker = workers_.at(id);
  if (worker.watch != 0) read_output(worker);
  auto done = std::move(worker.done);
  auto result = std::move(worker.result);
  workers_.erase(id);
  done(std::move(result));
}

void KernelWorkers::cancel(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  kill(found->second);
  children_.expect(found->second.pid, [](const Exit&) {});
  workers_.erase(found);
}

}  // namespace

std::unique_ptr<Workers> make_workers(Loop& loop, Children& children) {
  return std::make_unique<KernelWorkers>(loop, children);
}

}  // namespace sys
