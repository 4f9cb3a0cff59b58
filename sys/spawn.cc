#include "sys/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "sys/child.h"
#include "sys/exec.h"
#include "sys/fork_as.h"
#include "sys/pty.h"
#include "sys/text.h"

namespace sys {

namespace {

// One child, from fork to reap.
struct Launch {
  explicit Launch(Loop& its_loop) : loop(its_loop) {}
  ~Launch() { stop_reading(); }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  void stop_reading() { loop.unwatch(std::exchange(watch, 0)); }

  Loop& loop;
  std::string path;
  Fd report;
  WatchId watch = 0;  // 0: how the start went is known
  bool reached_exec = false;
  Leftovers leftovers = Leftovers::live;
  Status outcome;
  std::optional<Error> trouble;  // it runs, but not where it should
  std::function<void(const Error&)> elsewhere;
  std::function<void(Status)> started;  // empty once it has been called
  std::function<void(const Exit&)> ended;
};

class KernelSpawner final : public Spawner {
 public:
  KernelSpawner(Loop& loop, Children& children) : loop_(loop), children_(children) {}
  ~KernelSpawner() override {
    for (const auto& [pid, launch] : launches_)
      children_.expect(
          pid, [](const Exit&) {}, launch.leftovers);
  }

  Result<Spawned> start(SpawnSpec spec, std::function<void(Status)> started,
                        std::function<void(const Exit&)> ended) override;

 private:
  void on_report(int pid);
  void on_exit(const Exit& exit);

  Loop& loop_;
  Children& children_;
  std::map<int, Launch> launches_;
};

Result<Fd> open_group(const std::string& path) {
  if (path.empty()) return Fd();
  Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return failure(errno, cat("open cgroup ", path));
  return directory;
}

// What a child and its parent have of its standard streams.
struct StreamEnds {
  Fd child_input;  // invalid: SpawnSpec::input
  Fd child_output;
  Fd child_error;  // invalid: as output
  Spawned spawned;
};

Result<StreamEnds> open_pipe_ends(const SpawnSpec& spec) {
  StreamEnds ends;
  auto output = make_pipe();
  if (!output) return tl::unexpected(output.error());
  auto error = make_pipe();
  if (!error) return tl::unexpected(error.error());
  ends.child_output = std::move(output->write);
  ends.child_error = std::move(error->write);
  ends.spawned.output = stream_of(std::move(output->read));
  ends.spawned.error = stream_of(std::move(error->read));
  if (!spec.fed) return ends;
  auto input = make_input_pipe();
  if (!input) return tl::unexpected(input.error());
  ends.child_input = std::move(input->read);
  ends.spawned.input = stream_of(std::move(input->write));
  return ends;
}

Result<Fd> duplicate(const Fd& fd) {
  Fd other(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!other.valid()) return failure(errno, "duplicate a terminal's descriptor");
  return other;
}

// Each of the parent's has a descriptor of its own, to be given up by itself.
Result<StreamEnds> open_terminal_ends(const SpawnSpec& spec) {
  StreamEnds ends;
  auto pty = open_pty(*spec.terminal, spec.uid);
  if (!pty) return tl::unexpected(pty.error());
  auto child_input = duplicate(pty->terminal);
  if (!child_input) return tl::unexpected(child_input.error());
  auto control = duplicate(pty->master);
  if (!control) return tl::unexpected(control.error());
  if (spec.fed) {
    auto input = duplicate(pty->master);
    if (!input) return tl::unexpected(input.error());
    ends.spawned.input = stream_of(std::move(*input));
  }
  ends.child_input = std::move(*child_input);
  ends.child_output = std::move(pty->terminal);
  ends.spawned.output = stream_of(std::move(pty->master));
  ends.spawned.resize = [control = std::make_shared<Fd>(std::move(*control))](TerminalSize size) {
    return resize_pty(*control, size);
  };
  return ends;
}

// Takes in what the child has said; true at the end of the pipe: it has executed its program, or is gone.
bool read_report(Launch& launch) {
  ExecReport report;
  for (;;) {
    const ssize_t size = ::read(launch.report.get(), &report, sizeof report);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return false;
    if (size != sizeof report) return true;
    report.what[sizeof report.what - 1] = '\0';
    if (!report.executes) {
      launch.outcome = failure(report.code, report.what);
      continue;
    }
    launch.reached_exec = true;
    if (report.code != 0) launch.trouble = Error{report.code, report.what};
  }
}

// Tells how the start went, once.
void conclude(Launch& launch) {
  launch.stop_reading();
  launch.report.reset();
  if (launch.outcome && !launch.reached_exec)
    launch.outcome = refusal(cat(launch.path, ": killed before it was executed"));
  if (launch.outcome && launch.trouble && launch.elsewhere) launch.elsewhere(*launch.trouble);
  if (const auto started = std::exchange(launch.started, nullptr)) started(launch.outcome);
}

Result<Spawned> KernelSpawner::start(SpawnSpec spec, std::function<void(Status)> started,
                                     std::function<void(const Exit&)> ended) {
  auto ends = spec.terminal ? open_terminal_ends(spec) : open_pipe_ends(spec);
  if (!ends) return within(spec.path, ends.error());
  auto report = make_pipe();
  if (!report) return within(spec.path, report.error());
  if (spec.arguments.empty()) spec.arguments.push_back(spec.path);
  const ExecVectors vectors(spec);

  const auto group = open_group(spec.group);
  if (!group) return within(spec.path, group.error());
  // Nothing that may fail for want of memory comes between the fork and its being known.
  std::map<int, Launch> made;
  Launch& launch = made.try_emplace(0, loop_).first->second;
  launch.path = spec.path;
  launch.elsewhere = std::move(spec.elsewhere);
  launch.started = std::move(started);
  launch.ended = std::move(ended);
  launch.leftovers = spec.leftovers;
  const int pid = fork_as(spec.pid, group->get());
  if (pid < 0) return failure(errno, cat(spec.path, ": fork", spec.pid == 0 ? "" : cat(" as ", spec.pid)));
  if (pid == 0) {
    const Fd& error = ends->child_error.valid() ? ends->child_error : ends->child_output;
    execute_in_child(spec, vectors,
                     {ends->child_input.get(), ends->child_output.get(), error.get(), report->write.get()});
  }

  launch.report = std::move(report->read);
  auto known = made.extract(0);
  known.key() = pid;
  launches_.insert(std::move(known));
  try {
    children_.expect(
        pid, [this](const Exit& exit) { on_exit(exit); }, spec.leftovers);
  } catch (...) {
    (void)::kill(pid, SIGKILL);  // an orphan, then
    launches_.erase(pid);
    throw;
  }
  // Should this fail, the start is concluded when the child has ended.
  if (auto watch = loop_.watch(launch.report.get(), Ready::read, [this, pid](Ready) { on_report(pid); }))
    launch.watch = *watch;
  ends->spawned.pid = pid;
  return std::move(ends->spawned);
}

void KernelSpawner::on_report(int pid) {
  Launch& launch = launches_.at(pid);
  if (read_report(launch)) conclude(launch);
}

void KernelSpawner::on_exit(const Exit& exit) {
  Launch& launch = launches_.at(exit.pid);
  if (launch.started) {
    (void)read_report(launch);  // all that will ever come is there: the child has written it before it ended
    conclude(launch);
  }
  const auto ended = std::move(launch.ended);
  launches_.erase(exit.pid);
  ended(exit);
}

}  // namespace

std::unique_ptr<Spawner> make_spawner(Loop& loop, Children& children) {
  return std::make_unique<KernelSpawner>(loop, children);
}

}  // namespace sys
