#include "sys/worker.h"

#include <fcntl.h>

#include <cstring>
#include <optional>
#include <stdexcept>

#include "sys/files.h"
#include "tests/fakes/fake_children.h"
#include "tests/fakes/fake_loop.h"
#include "tests/unit/sys_kernel_fixture.h"
#include "tests/unit/temporary_directory.h"

using namespace std::chrono_literals;

namespace {

// For good as far as a test goes; should the test fail to kill it, it does not stay for ever.
int hang() {
  ::alarm(300);
  for (;;)
    ::pause();
  return 0;
}

struct WorkerFixture : KernelFixture {
  // Starts it, waits for its end.
  sys::WorkerResult run(sys::WorkerSpec spec) {
    std::optional<sys::WorkerResult> result;
    int calls = 0;
    const auto id = workers->start(std::move(spec), [&](sys::WorkerResult r) {
      ++calls;
      result = std::move(r);
    });
    REQUIRE(id);
    CHECK_FALSE(result);
    CHECK(workers->running() == 1);
    run_until([&] { return result.has_value(); });
    CHECK(calls == 1);
    CHECK(workers->running() == 0);
    return *std::move(result);
  }

  sys::WorkerResult run(std::function<int(sys::WorkerOutput&)> work) {
    return run({.name = "test", .work = std::move(work)});
  }

  static std::string text(const sys::WorkerResult& result) {
    return {reinterpret_cast<const char*>(result.output.data()), result.output.size()};
  }

  std::unique_ptr<sys::Workers> workers = sys::make_workers(*loop, children);
};

sys::Status say(sys::WorkerOutput& output, std::string_view text) { return output.write(text.data(), text.size()); }

}  // namespace

TEST_CASE_FIXTURE(WorkerFixture, "worker: its output and status come back, its memory does not") {
  int value = 1;
  const auto result = run([&](sys::WorkerOutput& output) {
    value = 2;
    (void)say(output, "found ");
    (void)say(output, "it");
    return 0;
  });
  CHECK(result.succeeded());
  CHECK(text(result) == "found it");
  CHECK(result.exit.pid > 0);
  CHECK(value == 1);
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: more output than a pipe holds, all of it") {
  const std::string big(300'000, 'x');
  const auto result =
      run({.name = "big", .output_limit = big.size(), .work = [&](auto& out) { return say(out, big) ? 0 : 1; }});
  CHECK(result.succeeded());
  CHECK(text(result) == big);
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: a status other than 0 is no success") {
  const auto result = run([](sys::WorkerOutput&) { return 3; });
  CHECK_FALSE(result.succeeded());
  CHECK(result.end == sys::WorkerEnd::exited);
  CHECK(sys::describe_status(result.exit.status) == "exit status 3");
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: an exception is status 125, in the worker only") {
  const auto result = run([](sys::WorkerOutput&) -> int { throw std::runtime_error("in the worker"); });
  CHECK(sys::describe_status(result.exit.status) == "exit status 125");
  CHECK(exceptions.empty());
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: one that writes past its limit is killed") {
  const auto result = run({.name = "chatty", .output_limit = 1000, .work = [](sys::WorkerOutput& output) -> int {
                             const std::string piece(100, 'x');
                             while (say(output, piece)) {
                             }
                             return 0;
                           }});
  CHECK(result.output_overflow);
  CHECK_FALSE(result.succeeded());
  CHECK(result.output.size() == 1000);
  CHECK(result.exit.status == SIGKILL);
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: one that overran and ended before its output was read has overflowed too") {
  std::optional<sys::WorkerResult> result;
  REQUIRE(
      workers->start({.name = "quick", .output_limit = 3, .work = [](auto& out) { return say(out, "four") ? 0 : 1; }},
                     [&](sys::WorkerResult r) { result = std::move(r); }));
  siginfo_t info{};
  REQUIRE(::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
  children.reap();  // before the loop has seen the pipe
  REQUIRE(result);
  CHECK(result->output_overflow);
  CHECK(text(*result) == "fou");
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: at its deadline it is killed with all that it has started") {
  const Subreaper subreaper;
  // Long enough for the worker to get there on a machine that is busy.
  const auto result = run({.name = "stuck", .deadline = 1s, .work = [](sys::WorkerOutput& output) {
                             const bool parent = ::fork() != 0;
                             if (parent) (void)say(output, "so far");
                             return hang();
                           }});
  CHECK(result.end == sys::WorkerEnd::timed_out);
  CHECK_FALSE(result.succeeded());
  CHECK(result.exit.status == SIGKILL);
  CHECK(text(result) == "so far");
  run_until([&] { return children.orphans_reaped() == 1; });
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: what it leaves behind with its pipe does not delay its end") {
  const Subreaper subreaper;
  const auto result = run([](sys::WorkerOutput& output) {
    (void)say(output, "done");
    return ::fork() == 0 ? hang() : 0;
  });
  CHECK(result.succeeded());
  CHECK(text(result) == "done");
  REQUIRE(::kill(-result.exit.pid, SIGKILL) == 0);
  run_until([&] { return children.orphans_reaped() == 1; });
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: one that closes its output early is still waited for, without spinning") {
  std::optional<sys::WorkerResult> result;
  REQUIRE(workers->start({.name = "silent",
                          .work =
                              [](sys::WorkerOutput&) {
                                for (int fd = 3; fd < 1024; ++fd)
                                  ::close(fd);
                                (void)::raise(SIGSTOP);
                                return 4;
                              }},
                         [&](sys::WorkerResult r) { result = std::move(r); }));
  const int pid = await_stop();
  settle();
  CHECK_FALSE(result);
  const auto before = loop->wakeups();
  loop->after(5ms, [&] { loop->stop(); });
  loop->run();
  CHECK(loop->wakeups() - before <= 2);
  REQUIRE(::kill(pid, SIGCONT) == 0);
  run_until([&] { return result.has_value(); });
  CHECK(sys::describe_status(result->exit.status) == "exit status 4");
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: cancelled, it dies and is not heard of again") {
  bool called = false;
  const auto id = workers->start({.name = "cancelled", .work = [](sys::WorkerOutput&) { return hang(); }},
                                 [&](const sys::WorkerResult&) { called = true; });
  REQUIRE(id);
  workers->cancel(*id);
  workers->cancel(*id);
  CHECK(workers->running() == 0);
  run_until([&] { return children.expected() == 0; });
  CHECK_FALSE(called);
  CHECK(exceptions.empty());
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: may start the next one when it is done") {
  int finished = 0;
  std::function<void(sys::WorkerResult)> next = [&](const sys::WorkerResult&) {
    if (++finished < 3) REQUIRE(workers->start({.name = "next", .work = [](auto&) { return 0; }}, next));
  };
  next({});
  run_until([&] { return finished == 3; });
  CHECK(workers->running() == 0);
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: has none of its parent's descriptors and signal settings") {
  const sys::Fd marker(::fcntl(STDIN_FILENO, F_DUPFD, 200));
  REQUIRE(marker.valid());
  const auto result = run([&](sys::WorkerOutput&) {
    if (::fcntl(marker.get(), F_GETFD) != -1) return 1;
    for (int fd = 3, open = 0; fd < 1024; ++fd) {
      open += ::fcntl(fd, F_GETFD) != -1 ? 1 : 0;  // its output is the one
      if (open > 1) return 2;
    }
    sigset_t blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    if (::sigismember(&blocked, SIGCHLD) != 0) return 3;
    if (::getsid(0) != ::getpid()) return 4;
    return 0;
  });
  CHECK(sys::describe_status(result.exit.status) == "exit status 0");
}

TEST_CASE_FIXTURE(WorkerFixture,
                  "worker: a program that was being written when it began can be executed while it works") {
  const fakes::TemporaryDirectory directory;
  const std::string program = directory / "program";
  sys::KernelFiles files;
  REQUIRE(files.copy("/bin/true", program, {.mode = 0755}));
  sys::Fd writer(::open(program.c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(writer.valid());
  bool works = false;
  const auto id = workers->start({.name = "slow",
                                  .work =
                                      [](sys::WorkerOutput&) {
                                        (void)::raise(SIGSTOP);
                                        return 0;
                                      }},
                                 [&](const sys::WorkerResult&) { works = false; });
  REQUIRE(id);
  const int worker = await_stop();
  works = true;
  writer.reset();
  const int child = fork_child([&] {
    ::execl(program.c_str(), "true", nullptr);
    return errno;
  });
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(sys::describe_status(status) == "exit status 0");
  CHECK(works);
  REQUIRE(::kill(worker, SIGCONT) == 0);
  run_until([&] { return !works; });
}

TEST_CASE_FIXTURE(WorkerFixture, "worker: is not protected from the out-of-memory killer as its parent is") {
  sys::KernelFiles files;
  const std::string path = "/proc/self/oom_score_adj";
  const auto before = files.read(path, 16);
  REQUIRE(before);
  REQUIRE(files.write(path, "500"));
  const auto result = run([&](sys::WorkerOutput& output) { return say(output, *files.read(path, 16)) ? 0 : 1; });
  CHECK(text(result) == "0\n");
  REQUIRE(files.write(path, *before));
}

TEST_CASE("worker: one that the kernel does not let die is reported as hung, and reaped later") {
  fakes::Faults faults;
  fakes::FakeClock clock(faults);
  fakes::FakeLoop loop(clock, faults);
  fakes::FakeChildren children(faults);  // whose signals kill nobody
  const auto workers = sys::make_workers(loop, children);
  std::optional<sys::WorkerResult> result;
  REQUIRE(workers->start({.name = "in state D", .deadline = 5s, .work = [](sys::WorkerOutput&) { return hang(); }},
                         [&](sys::WorkerResult r) { result = std::move(r); }));
  const int pid = children.pids().at(0);

  loop.advance(5s - 1ns);
  CHECK(faults.count("signal") == 0);
  loop.advance(1ns);
  CHECK(faults.calls.back() == "signal 9 to group " + std::to_string(pid));
  CHECK_FALSE(result);
  loop.advance(sys::kill_grace);
  REQUIRE(result);
  CHECK(result->end == sys::WorkerEnd::hung);
  CHECK(workers->running() == 0);
  CHECK(children.expects(pid));

  children.end(pid, fakes::killed_by(SIGKILL));  // at last; nobody is told twice
  CHECK(children.orphans_reaped() == 0);
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(::waitpid(pid, nullptr, 0) == pid);
}

TEST_CASE("worker: when nothing can be watched it is killed, and start() says why") {
  fakes::Faults faults;
  fakes::FakeClock clock(faults);
  fakes::FakeLoop loop(clock, faults);
  fakes::FakeChildren children(faults);
  const auto workers = sys::make_workers(loop, children);
  faults.fail_at = 1;
  const auto id = workers->start({.name = "unlucky", .work = [](sys::WorkerOutput&) { return 0; }}, nullptr);
  REQUIRE_FALSE(id);
  CHECK(id.error().code == EIO);
  CHECK(id.error().what.starts_with("unlucky: watch descriptor"));
  const int pid = children.pids().at(0);
  CHECK(faults.calls.back() == "signal 9 to group " + std::to_string(pid));
  CHECK(workers->running() == 0);
  REQUIRE(::waitpid(pid, nullptr, 0) == pid);
}
