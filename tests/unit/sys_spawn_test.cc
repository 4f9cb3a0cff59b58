#include "sys/spawn.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "sys/child.h"
#include "sys/files.h"
#include "sys/text.h"
#include "tests/unit/old_kernel.h"
#include "tests/unit/sys_kernel_fixture.h"
#include "tests/unit/temporary_directory.h"

namespace {

struct Outcome {
  std::optional<sys::Status> started;
  std::optional<sys::Exit> exit;
  bool in_order = true;  // started, then ended, each once
  std::string output, error;
};

struct SpawnFixture : KernelFixture {
  // A shell command, run by whoever runs the test.
  static sys::SpawnSpec shell(std::string command) {
    return {.path = "/bin/sh",
            .arguments = {"sh", "-c", std::move(command)},
            .environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"},
            .uid = ::geteuid(),
            .gid = ::getegid(),
            .prepare = nullptr};
  }

  sys::Result<sys::Spawned> start(sys::SpawnSpec spec, Outcome& outcome) {
    return spawner->start(
        std::move(spec),
        [&](sys::Status status) {
          outcome.in_order = outcome.in_order && !outcome.started && !outcome.exit;
          outcome.started = std::move(status);
        },
        [&](const sys::Exit& exit) {
          outcome.in_order = outcome.in_order && outcome.started && !outcome.exit;
          outcome.exit = exit;
        });
  }

  static void drain(sys::Stream& stream, std::string& text) {
    std::array<std::byte, 4096> piece;
    for (auto size = stream.read(piece); size && *size > 0; size = stream.read(piece))
      text.append(reinterpret_cast<const char*>(piece.data()), *size);
  }

  Outcome run(sys::SpawnSpec spec) {
    Outcome outcome;
    const auto spawned = start(std::move(spec), outcome);
    REQUIRE(spawned);
    CHECK_FALSE(outcome.started);
    run_until([&] {
      drain(*spawned->output, outcome.output);
      drain(*spawned->error, outcome.error);
      return outcome.exit.has_value();
    });
    drain(*spawned->output, outcome.output);
    drain(*spawned->error, outcome.error);
    CHECK(outcome.in_order);
    CHECK(outcome.exit->pid == spawned->pid);
    return outcome;
  }

  static int code_of(const Outcome& outcome) { return *outcome.started ? 0 : outcome.started->error().code; }

  std::unique_ptr<sys::Spawner> spawner = sys::make_spawner(*loop, children);
};

// An executable file that is no program.
struct BrokenProgram {
  BrokenProgram() {
    const sys::Fd file(::mkstemp(path));
    REQUIRE(file.valid());
    REQUIRE(::write(file.get(),
                    "\x7f"
                    "ELF?",
                    5) == 5);
    REQUIRE(::fchmod(file.get(), 0755) == 0);
  }
  ~BrokenProgram() { ::unlink(path); }
  char path[32] = "/tmp/broken-program-XXXXXX";
};

}  // namespace

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a child has the limits that it is given, and its parent keeps its own") {
  const auto before = sys::current_limit(RLIMIT_NOFILE);
  auto spec = shell("ulimit -Sn; ulimit -Hn; ulimit -Hc");
  spec.limits = {{RLIMIT_NOFILE, 64, 128}, {RLIMIT_CORE, 0, 0}};
  CHECK(run(std::move(spec)).output == "64\n128\n0\n");
  CHECK(sys::current_limit(RLIMIT_NOFILE).value() == before.value());
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a limit that cannot be had is why the child does not start") {
  auto spec = shell("true");
  spec.limits = {{RLIMIT_NOFILE, 1ull << 40, 1ull << 40}};
  const Outcome outcome = run(std::move(spec));
  REQUIRE(outcome.started);
  REQUIRE_FALSE(*outcome.started);
  CHECK(outcome.started->error().what == "set limit nofile 1099511627776");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: output, error output and status are told apart") {
  const auto outcome = run(shell("echo out; echo err >&2; exit 7"));
  CHECK(*outcome.started);
  CHECK(outcome.output == "out\n");
  CHECK(outcome.error == "err\n");
  CHECK(sys::describe_status(outcome.exit->status) == "exit status 7");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: what a program is to read on its stdin is there, to its end") {
  auto spec = shell("cat | wc -c");
  spec.input.assign(200000, 'x');
  CHECK(run(spec).output == "200000\n");
  spec.arguments.back() = "cat";
  spec.input = "{\"node\": 3}\n";
  CHECK(run(spec).output == "{\"node\": 3}\n");
  spec.input.clear();
  CHECK(run(spec).output == "");
  // A program that does not read it is not in anybody's way.
  spec.arguments.back() = "echo done";
  spec.input.assign(200000, 'x');
  CHECK(run(spec).output == "done\n");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a program is fed as long as its input is open, and may close it") {
  const auto feed = [&](const char* command, std::string_view text, int& code) {
    auto spec = shell(command);
    spec.fed = true;
    Outcome outcome;
    auto spawned = start(std::move(spec), outcome);
    REQUIRE(spawned);
    REQUIRE(spawned->input);
    const auto old = ::signal(SIGPIPE, SIG_IGN);
    run_until([&] {
      drain(*spawned->output, outcome.output);
      const auto written = spawned->input ? spawned->input->write(std::as_bytes(std::span(text))) : std::size_t{0};
      if (written) text.remove_prefix(*written);
      if (!written && written.error().code != EAGAIN) code = written.error().code;
      if (text.empty() || code != 0) spawned->input.reset();
      return outcome.exit.has_value();
    });
    (void)::signal(SIGPIPE, old);
    drain(*spawned->output, outcome.output);
    return outcome.output;
  };
  int code = 0;
  CHECK(feed("wc -c", std::string(300000, 'x'), code) == "300000\n");
  CHECK(code == 0);
  CHECK(feed("read line; echo $line; exec <&-; sleep 0.1", "first\n" + std::string(300000, 'x'), code) == "first\n");
  CHECK(code == EPIPE);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a program with a terminal of its own") {
  auto spec = shell("tty; stty size; stty -echo; echo ready; read line; stty size; echo got $line >&2; ls -n $(tty)");
  spec.fed = true;
  spec.terminal = sys::TerminalSize{.columns = 90, .rows = 30};
  Outcome outcome;
  auto spawned = start(std::move(spec), outcome);
  REQUIRE(spawned);
  CHECK_FALSE(spawned->error);
  run_until([&] {
    drain(*spawned->output, outcome.output);
    return outcome.output.find("ready") != std::string::npos;
  });
  CHECK(outcome.output.starts_with("/dev/pts/"));
  CHECK(outcome.output.find("30 90\r\n") != std::string::npos);
  CHECK(spawned->resize({.columns = 100, .rows = 40}));
  CHECK(spawned->input->write(std::as_bytes(std::span("text\n", 5))));
  run_until([&] {
    drain(*spawned->output, outcome.output);
    return outcome.exit.has_value();
  });
  drain(*spawned->output, outcome.output);
  CHECK(outcome.output.find("40 100\r\ngot text\r\ncrw--w----") != std::string::npos);
  CHECK(outcome.exit->status == 0);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: arguments and environment are exactly those asked for") {
  auto spec = shell("echo \"$0|$1|$2|$NAME\"; env");
  spec.arguments.insert(spec.arguments.end(), {"zero", "", "two words"});
  spec.environment.emplace_back("NAME=value");
  const auto outcome = run(spec);
  CHECK(outcome.output.starts_with("zero||two words|value\n"));
  CHECK(outcome.output.find("HOME=") == std::string::npos);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a program that is not there") {
  auto spec = shell("");
  spec.path = "/no/such/program";
  const auto outcome = run(spec);
  CHECK(code_of(outcome) == ENOENT);
  CHECK(outcome.started->error().what == "execute /no/such/program");
  CHECK(sys::describe_status(outcome.exit->status) == "exit status 127");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a file that is no program, and one that may not be executed") {
  const BrokenProgram broken;
  auto spec = shell("");
  spec.path = broken.path;
  CHECK(code_of(run(spec)) == ENOEXEC);
  REQUIRE(::chmod(broken.path, 0644) == 0);
  CHECK(code_of(run(spec)) == EACCES);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a program that is open for writing a little longer is started all the same") {
  const fakes::TemporaryDirectory directory;
  for (const bool script : {false, true}) {
    CAPTURE(script);
    auto spec = shell("");
    spec.path = directory / (script ? "script" : "program");
    if (script) {
      REQUIRE(sys::KernelFiles().replace(spec.path, std::as_bytes(std::span("#!/bin/sh\n", 10)), {.mode = 0755}));
    } else {
      REQUIRE(sys::KernelFiles().copy("/bin/true", spec.path, {.mode = 0755}));
    }
    spec.arguments = {"true"};
    sys::Fd writer(::open(spec.path.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(writer.valid());
    loop->after(std::chrono::milliseconds(50), [&] { writer.reset(); });
    const auto outcome = run(spec);
    CHECK(*outcome.started);
    CHECK(sys::describe_status(outcome.exit->status) == "exit status 0");
  }
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a program that somebody goes on writing to is not started") {
  const fakes::TemporaryDirectory directory;
  auto spec = shell("");
  spec.path = directory / "program";
  REQUIRE(sys::KernelFiles().copy("/bin/true", spec.path, {.mode = 0755}));
  const sys::Fd writer(::open(spec.path.c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(writer.valid());
  CHECK(code_of(run(spec)) == ETXTBSY);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: none of the parent's descriptors get through") {
  const sys::Fd marker(::fcntl(STDIN_FILENO, F_DUPFD, 50));  // not close-on-exec, as a library might leave one
  REQUIRE(marker.valid());
  // The shell itself has one open while it lists them.
  const auto outcome = run(shell("echo /proc/self/fd/*; [ -e /proc/self/fd/" + std::to_string(marker.get()) + " ]"));
  CHECK(outcome.output == "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n");
  CHECK(sys::describe_status(outcome.exit->status) == "exit status 1");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: stdin is /dev/null, and the session is its own") {
  const auto outcome =
      run(shell("readlink /proc/self/fd/0; set -- $(cat /proc/$$/stat); echo $(($1 - $6)) $(($1 - $5))"));
  CHECK(outcome.output == "/dev/null\n0 0\n");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: no signal is blocked or ignored") {
  sigset_t set, before;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, &before);
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  const auto outcome = run(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status"));
  (void)::signal(SIGPIPE, old);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  CHECK(outcome.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: as another user, with that user's groups only") {
  REQUIRE_MESSAGE(::geteuid() == 0, "the unit tests need root");
  auto spec = shell("id -u; id -g; id -G; umask");
  spec.uid = 12345;
  spec.gid = 23456;
  spec.groups = {34567};
  spec.umask = 0027;
  CHECK(run(spec).output == "12345\n23456\n23456 34567\n0027\n");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a directory that is not there is replaced by /, unless it is required") {
  auto spec = shell("pwd");
  spec.directory = "/usr/bin";
  CHECK(run(spec).output == "/usr/bin\n");
  spec.directory = "/no/such/directory";
  sys::Error elsewhere;
  spec.elsewhere = [&](const sys::Error& why) { elsewhere = why; };
  const auto outcome = run(spec);
  CHECK(elsewhere.code == ENOENT);
  CHECK(elsewhere.what == "enter directory /no/such/directory");
  CHECK(*outcome.started);
  CHECK(outcome.output == "/\n");
  CHECK(outcome.error.empty());
  spec.directory_required = true;
  const auto refused = run(spec).started;
  REQUIRE_FALSE(*refused);
  CHECK(refused->error().code == ENOENT);
  CHECK(refused->error().what == "enter directory /no/such/directory");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a child ignores the signals that it is to ignore, and no other") {
  auto spec = shell("grep SigIgn /proc/self/status");
  CHECK(run(spec).output == "SigIgn:\t0000000000000000\n");
  spec.ignored = 1ull << (SIGHUP - 1) | 1ull << (SIGINT - 1);
  CHECK(run(spec).output == "SigIgn:\t0000000000000003\n");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: prepare may choose the path, or leave it") {
  auto spec = shell("echo here");
  spec.prepare = [] { return sys::Result<std::string>(""); };
  CHECK(run(spec).output == "here\n");
  spec.path = "/no/such/program";
  spec.prepare = [] { return sys::Result<std::string>("/bin/sh"); };
  CHECK(run(spec).output == "here\n");
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: an error, an exception or a death in prepare is a failed start") {
  auto spec = shell("echo never");
  spec.prepare = []() -> sys::Result<std::string> { return sys::failure(EROFS, "place /bin/sh"); };
  auto outcome = run(spec);
  CHECK(code_of(outcome) == EROFS);
  CHECK(outcome.started->error().what == "place /bin/sh");
  CHECK(outcome.output.empty());

  spec.prepare = []() -> sys::Result<std::string> { return sys::refusal("no room"); };
  outcome = run(spec);
  REQUIRE_FALSE(*outcome.started);
  CHECK(outcome.started->error().text() == "no room");

  spec.prepare = []() -> sys::Result<std::string> { throw std::bad_alloc(); };
  CHECK(code_of(run(spec)) == ENOMEM);

  spec.prepare = []() -> sys::Result<std::string> {
    (void)::raise(SIGKILL);
    return "";
  };
  outcome = run(spec);
  REQUIRE_FALSE(*outcome.started);
  CHECK(outcome.started->error().what == "/bin/sh: killed before it was executed");
  CHECK(outcome.exit->status == SIGKILL);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a very long reason is cut, not lost") {
  auto spec = shell("");
  spec.prepare = []() -> sys::Result<std::string> { return sys::failure(EIO, std::string(5000, 'x')); };
  const auto outcome = run(spec);
  CHECK(code_of(outcome) == EIO);
  CHECK(outcome.started->error().what.size() > 500);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: started comes before ended even when the death is seen first") {
  for (const char* path : {"/bin/true", "/no/such/program"}) {
    Outcome outcome;
    auto spec = shell("");
    spec.path = path;
    const auto spawned = start(spec, outcome);
    REQUIRE(spawned);
    await_death(spawned->pid);
    children.reap();  // before the loop has seen the pipe
    CHECK(outcome.in_order);
    REQUIRE(outcome.started);
    REQUIRE(outcome.exit);
    CHECK(outcome.started->has_value() == (path == std::string("/bin/true")));
  }
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: starting does not wait for a child that is slow to prepare") {
  auto spec = shell("exit 3");
  spec.prepare = []() -> sys::Result<std::string> {
    (void)::raise(SIGSTOP);
    return "";
  };
  Outcome outcome;
  const auto spawned = start(spec, outcome);
  REQUIRE(spawned);
  CHECK(await_stop() == spawned->pid);
  settle();
  CHECK_FALSE(outcome.started);
  REQUIRE(children.signal(spawned->pid, SIGCONT, true));
  run_until([&] { return outcome.exit.has_value(); });
  CHECK(*outcome.started);
  CHECK(outcome.in_order);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: the start is known while the program still runs") {
  Outcome outcome;
  const auto spawned = start(shell("kill -STOP $$"), outcome);
  REQUIRE(spawned);
  int stopped = 0;  // seen by the reaper, who would take it away from a waitid(2) of our own
  children.watch_states(spawned->pid, [&](int status) { stopped = status; });
  run_until([&] { return outcome.started.has_value() && stopped != 0; });
  CHECK(*outcome.started);
  CHECK(WIFSTOPPED(stopped));
  CHECK_FALSE(outcome.exit);
  REQUIRE(children.signal(spawned->pid, SIGKILL, true));
  run_until([&] { return outcome.exit.has_value(); });
  CHECK(outcome.in_order);
}

TEST_CASE_FIXTURE(SpawnFixture, "spawn: a process outlives its spawner and is reaped all the same") {
  Outcome outcome;
  const auto spawned = start(shell("exit 0"), outcome);
  REQUIRE(spawned);
  spawner.reset();
  run_until([&] { return children.expected() == 0; });
  CHECK_FALSE(outcome.started);
  CHECK_FALSE(outcome.exit);
  CHECK(children.orphans_reaped() == 0);
}

namespace {

// What become_child() leaves of four descriptors, the third of which is to be kept.
std::string check_descriptors() {
  for (int fd = 100; fd < 104; ++fd)
    EXPECT(::fcntl(STDIN_FILENO, F_DUPFD, fd) == fd);
  sys::become_child(102);
  for (int fd = 3; fd < 1024; ++fd)
    EXPECT((::fcntl(fd, F_GETFD) != -1) == (fd == 102));
  EXPECT(::fcntl(STDERR_FILENO, F_GETFD) != -1);
  return {};
}

}  // namespace

TEST_CASE("child: closes what it has inherited, also where close_range(2) is not to be had") {
  for (const unsigned code : {0, ENOSYS, EPERM}) {
    CAPTURE(code);
    fakes::check_in_namespace(0, [&]() -> std::string {
      if (code != 0 && !fakes::deny_system_call(SYS_close_range, code)) return "seccomp does not work here";
      return check_descriptors();
    });
  }
}
