#include "process/launcher.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

#include "process/descendants.h"
#include "sys/text.h"
#include "tests/unit/process_fixture.h"

using namespace std::chrono_literals;
using namespace transport;

namespace {

constexpr std::uint64_t job = 7;

// A node that runs processes, and all that it has said about them, in order.
struct Node : process::ProcessNode {
  std::vector<std::string> told;
  std::vector<Launched> launched;
  std::vector<HeldProcess> held;
  std::vector<JobProcesses> processes;
  process::Launcher launcher{tools, log, hooks()};

  Node() { launcher.set_output_open(true); }

  process::LauncherHooks hooks() {
    return {
        .launched =
            [this](const Launched& message) {
              launched.push_back(message);
              told.push_back(sys::cat("launched ", message.rank, message.pid != 0 ? " runs" : " fails"));
            },
        .ended =
            [this](const ProcessEnd& message) {
              told.push_back(sys::cat("ended ", message.rank, ": ", sys::describe_status(message.status)));
            },
        .output =
            [this](const StreamOutput& message) {
              const std::string text(reinterpret_cast<const char*>(message.data.data()), message.data.size());
              told.push_back(sys::cat(message.stream == StreamName::error ? "err " : "out ", message.rank, ": ",
                                      message.end ? "end" : text));
            },
        .state = [this](const ProcessState& message) { told.push_back(sys::cat("state ", message.rank)); },
        .held = [this](const HeldProcesses& message) { held = message.processes; },
        .input =
            [this](const InputCredit& message) {
              told.push_back(sys::cat("in ", message.rank, ": ", message.taken, message.again ? " again" : "",
                                      message.end ? " end" : ""));
            },
        .processes = [this](const JobProcesses& message) { processes.push_back(message); },
    };
  }

  Launch request(std::uint32_t rank = 0) const {
    Launch launch;
    launch.job = job;
    launch.rank = rank;
    launch.program = "/bin/hello";
    launch.arguments = {"hello", "world"};
    launch.environment = {"HOME=/", "BPROC_RANK=99"};
    launch.directory = "/home";
    launch.uid = 5;
    launch.gid = 6;
    launch.groups = {7, 8};
    launch.umask = 027;
    launch.output_credit = 100;
    return launch;
  }
  Launch moved(std::uint32_t rank = 0) {
    Launch launch = request(rank);
    launch.files = {{launch.program, content.offer("program"), 0755}};
    return launch;
  }
  int spawn(Launch launch) {
    launcher.launch(std::move(launch));
    loop.run_until_idle();
    REQUIRE_FALSE(spawner.pids().empty());
    return spawner.pids().back();
  }
  int run(Launch launch) {
    const int pid = spawn(std::move(launch));
    spawner.execute(pid);
    loop.run_until_idle();
    return pid;
  }
  std::vector<std::string> take_told() { return std::exchange(told, {}); }
};
using Told = std::vector<std::string>;

bool has(const std::vector<std::string>& list, std::string_view entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

}  // namespace

TEST_CASE("a program is fetched, placed, started as it was asked for, and heard to its end") {
  Node node;
  const int pid = node.spawn(node.moved());
  CHECK(node.told.empty());
  CHECK(node.spawner.execute(pid) == "/bin/hello");
  CHECK(node.files.content("/bin/hello") == "program");
  node.loop.run_until_idle();
  REQUIRE(node.launched.size() == 1);
  CHECK(node.launched[0].job == job);
  CHECK(node.launched[0].pid == pid);
  CHECK(node.launcher.running() == 1);

  const sys::SpawnSpec& spec = node.spawner.spec(pid);
  CHECK(spec.path == "/bin/hello");
  CHECK(spec.arguments == std::vector<std::string>{"hello", "world"});
  CHECK(spec.directory == "/home");
  CHECK(spec.uid == 5);
  CHECK(spec.gid == 6);
  CHECK(spec.groups == std::vector<std::uint32_t>{7, 8});
  CHECK(spec.umask == 027);

  node.spawner.write_output(pid, "out\n");
  node.spawner.write_error(pid, "err\n");
  node.end(pid, fakes::exited(7));
  CHECK(node.told.front() == "launched 0 runs");
  for (const char* line : {"out 0: out\n", "err 0: err\n", "out 0: end", "err 0: end"})
    CHECK(has(node.told, line));
  CHECK(node.told.back() == "ended 0: exit status 7");
  CHECK(node.told.size() == 6);
  CHECK(node.launcher.running() == 0);
}

TEST_CASE("a process knows its job and its rank") {
  Node node;
  const auto& environment = node.spawner.spec(node.spawn(node.request(3))).environment;
  CHECK(environment == std::vector<std::string>{"HOME=/", "NODEINIT_JOB=7", "NODEINIT_RANK=3", "BPROC_RANK=3"});
}

TEST_CASE("a program that cannot be fetched does not start") {
  Node node;
  Launch launch = node.request();
  launch.files = {{launch.program, fakes::content_of("unknown"), 0755}};
  node.launcher.launch(launch);
  CHECK(node.told.empty());  // nothing from inside of launch()
  node.loop.run_until_idle();
  CHECK(node.told == Told{"launched 0 fails"});
  CHECK(node.launched[0].code != 0);
  CHECK(node.launched[0].reason.find("no such content") != std::string::npos);
  CHECK(node.spawner.pids().empty());
  CHECK(node.launcher.running() == 0);
}

TEST_CASE("a failed exec is explained, and the process forgotten once it has been reaped") {
  const std::pair<int, const char*> cases[] = {
      {ENOENT, "/bin/hello: no such program on the node"},
      {ENOEXEC, "/bin/hello: not a program for this machine"},
      {EACCES, "/bin/hello: may not be executed"},
  };
  for (const auto& [code, words] : cases) {
    Node node;
    const int pid = node.spawn(node.request());
    node.spawner.fail_start(pid, {code, "execute /bin/hello"});
    node.loop.run_until_idle();
    CHECK(node.told == Told{"launched 0 fails"});
    CHECK(node.launched[0].code == code);
    CHECK_MESSAGE(node.launched[0].reason.find(words) == 0, node.launched[0].reason);
    CHECK(node.launcher.running() == 0);
  }
}

TEST_CASE("another failure of a start speaks for itself") {
  Node node;
  const int pid = node.spawn(node.request());
  node.spawner.fail_start(pid, {ENOENT, "look at /lib"});
  node.loop.run_until_idle();
  CHECK(node.launched.at(0).code == ENOENT);
  CHECK(node.launched[0].reason.find("look at /lib: ") == 0);
}

TEST_CASE("bad requests are refused with a reason") {
  Node node;
  auto no_arguments = node.request(1), relative = node.request(2), hostile = node.request(3);
  auto adrift = node.request(4);
  adrift.directory = "home";
  no_arguments.arguments.clear();
  relative.program = "hello";
  hostile.files = {{"/proc/1/root/x", node.content.offer("x"), 0755}};
  for (const auto& launch : {no_arguments, relative, hostile, adrift})
    node.launcher.launch(launch);
  CHECK(node.told.empty());
  node.loop.run_until_idle();
  REQUIRE(node.launched.size() == 4);
  for (const auto& answer : node.launched) {
    CHECK(answer.pid == 0);
    CHECK(answer.code == EINVAL);
    CHECK_FALSE(answer.reason.empty());
  }
  CHECK(node.content.cache.bytes_fetched() == 0);
  CHECK(node.launcher.running() == 0);
}

TEST_CASE("a rank that runs already is not started again, and is not disturbed") {
  Node node;
  const int pid = node.run(node.request());
  node.launcher.launch(node.request());
  node.loop.run_until_idle();
  CHECK(node.told == Told{"launched 0 runs", "launched 0 fails"});
  CHECK(node.launched[1].code == EEXIST);
  node.end(pid, 0);
  CHECK(node.told.back() == "ended 0: exit status 0");
  node.launcher.forget({job, 0});
  node.run(node.request());
  CHECK(node.told.back() == "launched 0 runs");
}

TEST_CASE("how a process ended is told until the front end has acknowledged it") {
  Node node;
  const int pid = node.run(node.request(1));
  node.run(node.request(2));
  node.launcher.forget({job, 1});  // too early: nobody has been told of an end
  node.end(pid, fakes::exited(7));
  CHECK(node.launcher.running() == 1);
  CHECK(node.launcher.held() == 2);
  node.take_told();
  for (int i = 0; i < 2; ++i) {
    node.launcher.report_all();
    CHECK(node.take_told() == Told{"ended 1: exit status 7"});
    REQUIRE(node.held.size() == 2);
    CHECK(node.held[0].job == job);
    CHECK(node.held[0].rank == 1);
    CHECK(node.held[0].uid == 5);
    CHECK(node.held[0].state == HeldState::over);
    CHECK(node.held[1].state == HeldState::running);
    CHECK(node.held[1].pid != 0);
  }
  node.launcher.forget({job, 1});
  node.launcher.forget({job, 1});
  node.launcher.forget({job, 99});
  CHECK(node.launcher.held() == 1);
  node.launcher.report_all();
  CHECK(node.told.empty());
}

TEST_CASE("a start that failed is told until the front end has acknowledged it") {
  Node node;
  const int pid = node.spawn(node.request());
  node.spawner.fail_start(pid, {ENOENT, "no such program"});
  node.loop.run_until_idle();
  node.take_told();
  node.launcher.report_all();
  CHECK(node.take_told() == Told{"launched 0 fails"});
  CHECK(node.held.at(0).state == HeldState::over);
  node.launcher.forget({job, 0});
  CHECK(node.launcher.held() == 0);
  node.run(node.request());  // the same rank may be tried again, with another pid
  CHECK(node.told.back() == "launched 0 runs");
}

TEST_CASE("an end that is acknowledged before its child is reaped is forgotten then") {
  Node node;
  const int pid = node.spawn(node.request());
  node.launcher.signal({.job = job, .rank = 0, .signal = SIGTERM});
  node.spawner.execute(pid);  // cancelled: it is told at once, and reaped later
  node.launcher.forget({job, 0});
  node.end(pid, fakes::killed_by(SIGKILL));
  CHECK(node.launcher.held() == 0);
}

TEST_CASE("what was on its way when a connection broke comes once more") {
  Node node;
  const int pid = node.run(node.request());
  node.spawner.write_output(pid, "one");
  node.loop.run_until_idle();
  node.launcher.taken({job, 0, StreamName::output, 3});
  node.spawner.write_output(pid, "two");
  node.loop.run_until_idle();
  node.launcher.set_output_open(false);
  node.spawner.write_output(pid, "three");
  node.loop.run_until_idle();
  CHECK(node.told.back() == "out 0: two");
  node.take_told();
  node.launcher.set_output_open(true);
  node.launcher.rewind_output();
  node.loop.run_until_idle();
  CHECK(node.take_told() == Told{"out 0: two", "out 0: three"});
  node.end(pid, fakes::exited(0));
  node.take_told();
  node.launcher.rewind_output();
  node.loop.run_until_idle();
  for (const char* line : {"out 0: twothree", "out 0: end", "err 0: end"})
    CHECK(has(node.told, line));
  CHECK(node.told.size() == 3);  // the end of the process is told on the other connection
}

TEST_CASE("a process that stands still is said to do so to every front end that comes") {
  Node node;
  const int pid = node.run(node.request());
  node.children.tell_state(pid, 0x137f);
  node.loop.run_until_idle();
  node.take_told();
  node.launcher.report_all();
  CHECK(node.take_told() == Told{"state 0"});
  node.children.tell_state(pid, 0xffff);
  node.loop.run_until_idle();
  node.take_told();
  node.launcher.report_all();
  CHECK(node.told.empty());
}

TEST_CASE("when all are killed, how they ended is kept for the front end") {
  Node node;
  node.run(node.request(0));
  node.run(node.request(1));
  node.launcher.kill_all();
  CHECK(node.faults.count("signal") == 2);
  CHECK(node.launcher.held() == 2);
}

TEST_CASE("there is a limit to the processes of a node") {
  Node node;
  for (std::uint32_t rank = 0; rank <= process::Launcher::max_processes; rank++)
    node.launcher.launch(node.request(rank));
  node.loop.run_until_idle();
  REQUIRE(node.launched.size() == 1);
  CHECK(node.launched[0].rank == process::Launcher::max_processes);
  CHECK(node.launched[0].code == EAGAIN);
}

TEST_CASE("output flows within credit, and the end waits for the last byte") {
  Node node;
  auto launch = node.request();
  launch.output_credit = 4;
  const int pid = node.run(launch);
  node.spawner.write_output(pid, "abcdefgh");
  node.end(pid, fakes::exited(0));
  CHECK(node.told == Told{"launched 0 runs", "out 0: abcd", "err 0: end"});
  node.launcher.taken({job, 0, StreamName::output, 2});
  node.launcher.taken({job, 1, StreamName::output, 4});  // of nobody
  node.launcher.taken({job, 0, StreamName::input, 4});
  node.loop.run_until_idle();
  CHECK(node.told.back() == "out 0: ef");
  node.launcher.taken({job, 0, StreamName::output, 6});
  node.loop.run_until_idle();
  CHECK(node.told.back() == "ended 0: exit status 0");
  CHECK(has(node.told, "out 0: gh"));
}

TEST_CASE("a process with input asks for it, gets it, and is asked again on a new connection") {
  Node node;
  auto launch = node.request();
  launch.input = true;
  const int pid = node.run(launch);
  CHECK(node.told == Told{"launched 0 runs", "in 0: 0 again"});
  CHECK(node.spawner.spec(pid).fed);
  node.launcher.feed({job, 0, 0, false, transport::Bytes(5)});
  node.launcher.feed({job, 1, 0, false, transport::Bytes(5)});  // of nobody
  node.loop.run_until_idle();
  CHECK(node.spawner.input(pid)->waiting() == 5);
  node.launcher.repeat_input();
  CHECK(node.told.back() == "in 0: 5 again");
  node.spawner.close_input(pid);
  node.launcher.feed({job, 0, 5, false, transport::Bytes(5)});
  node.loop.run_until_idle();
  CHECK(node.told.back() == "in 0: 5 end");
  node.end(pid, fakes::exited(0));
  CHECK(node.told.back() == "ended 0: exit status 0");
}

TEST_CASE("a process without input has an empty one, and its front end's is dropped") {
  Node node;
  const int pid = node.run(node.request());
  CHECK_FALSE(node.spawner.spec(pid).fed);
  node.launcher.feed({job, 0, 0, false, transport::Bytes(5)});
  node.launcher.repeat_input();
  CHECK(node.told == Told{"launched 0 runs"});
}

TEST_CASE("a process that is sent more input than its window is killed") {
  Node node;
  auto launch = node.request();
  launch.input = true;
  const int pid = node.run(launch);
  node.launcher.feed({job, 0, 0, false, transport::Bytes(transport::input_window + 1)});
  CHECK(node.faults.count(sys::cat("signal ", SIGKILL, " to group ", pid)) == 1);
  node.end(pid, fakes::killed_by(SIGKILL));
  CHECK(node.told.back().find("killed by signal 9") != std::string::npos);
}

TEST_CASE("a process with a terminal has one stream of output, and its input ends with ^D") {
  Node node;
  auto launch = node.request();
  launch.input = launch.terminal = true;
  launch.window = {24, 80};
  node.launcher.launch(launch);
  node.loop.run_until_idle();
  const int pid = node.spawner.pids().back();
  node.launcher.resize({job, 0, {25, 80}});  // comes too early for this one
  CHECK(node.spawner.spec(pid).terminal->rows == 24);
  node.spawner.execute(pid);
  node.loop.run_until_idle();
  CHECK(node.told == Told{"launched 0 runs", "in 0: 0 again", "err 0: end"});
  node.launcher.resize({job, 0, {30, 90}});
  node.launcher.resize({job, 1, {1, 1}});  // of nobody
  CHECK(node.spawner.spec(pid).terminal->rows == 30);
  CHECK(node.spawner.spec(pid).terminal->columns == 90);
  node.launcher.feed({job, 0, 0, true, transport::Bytes(1, std::byte{'x'})});
  node.loop.run_until_idle();
  CHECK(node.spawner.input(pid)->take() == std::vector{std::byte{'x'}, std::byte{4}, std::byte{4}});
  CHECK(node.spawner.input(pid)->peer_closed());
  node.end(pid, fakes::exited(0));
  CHECK(node.told.back() == "ended 0: exit status 0");
}

TEST_CASE("output that ends before the process does is not its end") {
  Node node;
  const int pid = node.run(node.request());
  node.spawner.close_output(pid);
  node.spawner.close_error(pid);
  node.loop.run_until_idle();
  CHECK(node.told == Told{"launched 0 runs", "out 0: end", "err 0: end"});
  node.end(pid, fakes::killed_by(SIGSEGV));
  CHECK(node.told.back().find("ended 0: killed by signal 11") == 0);
}

TEST_CASE("a daemon that keeps the output open does not delay the end") {
  Node node;
  const int pid = node.run(node.request());
  node.spawner.write_output(pid, "last");
  node.end(pid, fakes::exited(0), true);
  CHECK(has(node.told, "out 0: last"));
  CHECK(node.told.back() == "ended 0: exit status 0");
}

TEST_CASE("a signal goes to the process group") {
  Node node;
  const int pid = node.run(node.request());
  node.launcher.signal({job, 0, SIGUSR1});
  CHECK(node.faults.count(sys::cat("signal ", SIGUSR1, " to group ", pid)) == 1);
  node.launcher.signal({job, 0, 0});
  node.launcher.signal({job, 0, 65});
  node.launcher.signal({job, 1, SIGTERM});
  CHECK(node.faults.count("signal ") == 1);
}

TEST_CASE("no signal goes to a pid that was reaped") {
  Node node;
  auto launch = node.request();
  launch.output_credit = 0;
  const int pid = node.run(launch);
  node.end(pid, 0);
  CHECK(node.launcher.running() == 0);
  CHECK(node.launcher.held() == 1);  // it still has its output to give
  node.launcher.signal({job, 0, SIGKILL});
  CHECK(node.faults.count("signal ") == 0);
}

TEST_CASE("a deadly signal cancels a process that is being fetched, others do not") {
  Node node;
  node.content.disconnect();
  node.launcher.launch(node.moved());
  node.loop.run_until_idle();
  node.launcher.signal({job, 0, SIGUSR1});
  node.loop.run_until_idle();
  CHECK(node.told.empty());
  node.launcher.signal({job, 0, SIGTERM});
  CHECK(node.told.empty());  // not from inside of the call
  node.loop.run_until_idle();
  CHECK(node.told == Told{"launched 0 fails"});
  CHECK(node.launched[0].code == ECANCELED);
  CHECK(node.launcher.running() == 0);
}

TEST_CASE("a process that was cancelled is not started by content that arrives just then") {
  Node node;
  node.content.disconnect();
  node.launcher.launch(node.moved());
  node.loop.run_until_idle();
  node.content.connect();
  node.launcher.signal({job, 0, SIGTERM});
  node.loop.run_until_idle();
  CHECK(node.told == Told{"launched 0 fails"});
  CHECK(node.spawner.pids().empty());
}

TEST_CASE("a deadly signal kills a process that is starting, and it counts as never run") {
  for (const bool came_to_exec : {false, true}) {
    Node node;
    const int pid = node.spawn(node.moved());
    node.launcher.signal({job, 0, SIGINT});
    CHECK(node.faults.count(sys::cat("signal ", SIGKILL, " to group ", pid)) == 1);
    if (came_to_exec) node.spawner.execute(pid);
    node.loop.run_until_idle();
    CHECK(node.launcher.running() == 1);  // until it has been reaped
    node.end(pid, fakes::killed_by(SIGKILL));
    CHECK(node.told == Told{"launched 0 fails"});
    CHECK(node.launched[0].code == ECANCELED);
    CHECK(node.launcher.running() == 0);
  }
}

TEST_CASE("when all are killed, nobody waits for content any more, and what was said waits for its reader") {
  Node node;
  auto stopped = node.request(0);
  stopped.output_credit = 0;
  const int waiting = node.run(stopped);
  node.end(waiting, fakes::exited(0));
  const int running = node.run(node.request(1));
  node.content.disconnect();
  node.launcher.launch(node.moved(2));
  node.loop.run_until_idle();
  node.take_told();

  node.launcher.kill_all();
  node.loop.run_until_idle();
  CHECK(node.faults.count(sys::cat("signal ", SIGKILL, " to group ", running)) == 1);
  CHECK(node.told == Told{"launched 2 fails"});
  node.end(running, fakes::killed_by(SIGKILL), true);
  CHECK(node.launcher.running() == 0);
}

TEST_CASE("a setup step's program talks to the log and ends the step") {
  Node node;
  std::vector<std::string> results;
  const auto done = [&](const sys::Status& status) { results.push_back(status ? "well" : status.error().text()); };
  const RunStep step{"/bin/hello", {"hello"}, {"A=b"}, {{"/bin/hello", node.content.offer("program"), 0755}}};
  for (const int status : {fakes::exited(0), fakes::exited(3)}) {
    node.launcher.run_step(step, "greet", done);
    node.loop.run_until_idle();
    const int pid = node.spawner.pids().back();
    node.spawner.execute(pid);
    CHECK(node.spawner.spec(pid).environment == std::vector<std::string>{"A=b"});
    node.spawner.write_output(pid, std::string(200'000, '\n') + "hi");
    node.spawner.write_error(pid, "oh\n");
    node.end(pid, status);
  }
  CHECK(results == std::vector<std::string>{"well", "exit status 3"});
  CHECK(node.told.empty());
  CHECK(node.launcher.running() == 0);
  sys::LogLine line;
  std::vector<std::string> lines;
  for (auto i = node.log.first(); i <= node.log.last() && node.log.read(i, line); i++)
    lines.emplace_back(line.text);
  CHECK(has(lines, "greet: oh"));
}

TEST_CASE("a setup step's program that cannot start fails the step") {
  Node node;
  std::string result;
  node.launcher.run_step({"/bin/hello", {"hello"}, {}, {}}, "greet",
                         [&](const sys::Status& status) { result = status.error().text(); });
  node.loop.run_until_idle();
  node.spawner.fail_start(node.spawner.pids().at(0), {ENOENT, "execute /bin/hello"});
  node.loop.run_until_idle();
  CHECK(result.find("/bin/hello: no such program on the node") == 0);
  CHECK(node.launcher.running() == 0);
}

TEST_CASE("a setup step's program that is killed says nothing more") {
  Node node;
  bool told = false;
  const auto kill =
      node.launcher.run_step({"/bin/hello", {"hello"}, {}, {}}, "greet", [&](const sys::Status&) { told = true; });
  node.loop.run_until_idle();
  const int pid = node.spawner.pids().at(0);
  node.spawner.execute(pid);
  node.loop.run_until_idle();
  kill();
  CHECK(node.faults.count(sys::cat("signal ", SIGKILL, " to group ", pid)) == 1);
  node.end(pid, fakes::killed_by(SIGKILL));
  kill();
  CHECK_FALSE(told);
  CHECK(node.launcher.running() == 0);
}

TEST_CASE("a launcher that goes leaves its processes to themselves") {
  Node node;
  std::optional<process::Launcher> launcher(std::in_place, node.tools, node.log, node.hooks());
  launcher->launch(node.moved());
  launcher->launch(node.moved());
  const auto kill = launcher->run_step({"/bin/hello", {"hello"}, {}, {}}, "greet", [](const sys::Status&) {});
  node.loop.run_until_idle();
  node.take_told();
  launcher.reset();
  kill();
  for (const int pid : node.spawner.pids())
    node.spawner.execute(pid);
  for (const int pid : node.spawner.pids())
    node.end(pid, 0);
  CHECK(node.told.empty());
}

TEST_CASE("whatever call fails, a launch is answered and the process forgotten at its end") {
  for (int n = 1;; ++n) {
    Node node;
    node.faults.fail_at = node.faults.made + n;
    node.launcher.launch(node.moved());
    node.loop.run_until_idle();
    if (!node.spawner.pids().empty()) {
      const int pid = node.spawner.pids()[0];
      const bool executed = !node.spawner.execute(pid).empty();
      node.loop.run_until_idle();
      if (executed) node.end(pid, fakes::exited(0));
    }
    CAPTURE(n);
    CHECK(node.launched.size() == 1);
    CHECK(node.launcher.running() == 0);
    if (node.launched[0].pid != 0) CHECK(node.told.back() == "ended 0: exit status 0");
    if (!node.faults.fired()) break;
  }
}

TEST_CASE("a process that does not start in its directory says so") {
  Node node;
  const int pid = node.spawn(node.moved());
  node.spawner.spec(pid).elsewhere({ENOENT, "enter directory /home"});
  node.spawner.execute(pid);
  node.loop.run_until_idle();
  REQUIRE(node.launched.size() == 1);
  CHECK(node.launched[0].pid == pid);
  CHECK(node.launched[0].reason == "starts in /: " + sys::Error{ENOENT, "enter directory /home"}.text());
}

namespace {

// A node with a rank that is followed, and what it has started.
struct Followed : Node {
  int rank = 0;
  Followed() {
    Launch launch = request();
    launch.follow = true;
    rank = run(launch);
    group().pids = {rank};
  }
  fakes::FakeCgroups::Group& group() { return cgroups.groups.at("job-7"); }
  void start(int pid, const std::string& name, char state = 'S') {
    if (std::ranges::find(group().pids, pid) == group().pids.end()) group().pids.push_back(pid);
    files.put(sys::cat("/proc/", pid, "/stat"),
              sys::cat(pid, " (", name, ") ", std::string(1, state), " ", rank, " 1 2"));
  }
  void end_descendant(int pid) {
    std::erase(group().pids, pid);
    static_cast<void>(files.remove(sys::cat("/proc/", pid, "/stat")));
  }
};

}  // namespace

TEST_CASE("what a rank has started is told when it changes") {
  Followed node;
  node.loop.advance(1s);
  CHECK(node.processes.empty());
  node.start(500, "a) b (c");
  node.start(499, "sleep", 'T');
  node.loop.advance(8s);
  REQUIRE(node.processes.size() == 1);
  CHECK(node.processes[0].job == job);
  REQUIRE(node.processes[0].processes.size() == 2);
  CHECK(node.processes[0].processes[0].pid == 499);
  CHECK(node.processes[0].processes[0].stopped);
  CHECK(node.processes[0].processes[1].name == "a) b (c");
  CHECK_FALSE(node.processes[0].processes[1].stopped);
  node.loop.advance(1min);
  CHECK(node.processes.size() == 1);
  node.launcher.report_all();
  CHECK(node.processes.size() == 2);
  node.end_descendant(500);
  node.start(499, "sleep", 'R');
  node.loop.advance(8s);
  REQUIRE(node.processes.size() == 3);
  CHECK(node.processes[2].processes.size() == 1);
  CHECK_FALSE(node.processes[2].processes[0].stopped);
}

TEST_CASE("what ranks have started is looked for rarely while nothing changes, and not at all when they are over") {
  Followed node;
  node.loop.advance(2min);
  node.faults.calls.clear();
  node.loop.advance(2min);
  CHECK(node.faults.count("pids of group") == 2min / process::Descendants::rarest);
  node.start(500, "late");
  node.loop.advance(process::Descendants::rarest);
  CHECK(node.processes.size() == 1);
  node.end(node.rank, fakes::exited(0));
  node.start(501, "later");
  node.loop.advance(1min);
  CHECK(node.processes.size() == 1);
}

TEST_CASE("a rank that has started very much is told in part") {
  Followed node;
  for (int i = 0; i < 300; ++i)
    node.start(1000 + i, "bomb");
  node.loop.advance(1s);
  REQUIRE(node.processes.size() == 1);
  CHECK(node.processes[0].more);
  CHECK(node.processes[0].processes.size() == process::Descendants::max_told);
}

TEST_CASE("without cgroups, or without a wish, nobody looks what a rank has started") {
  Followed node;
  node.start(500, "sleep");
  node.end(node.rank, fakes::exited(0));
  node.run(node.request(1));
  node.cgroups.there = false;
  Launch launch = node.request(2);
  launch.follow = true;
  node.run(launch);
  node.cgroups.there = true;
  node.start(500, "sleep");
  node.loop.advance(1min);
  CHECK(node.processes.empty());
}

TEST_CASE("output that is wanted again is sent again") {
  Node node;
  const int pid = node.run(node.request());
  node.spawner.write_output(pid, "abcdef");
  node.loop.run_until_idle();
  node.take_told();
  node.launcher.taken({.job = job, .rank = 0, .stream = StreamName::output, .taken = 2, .again = true});
  node.loop.run_until_idle();
  CHECK(node.take_told() == Told{"out 0: abcdef"});
}
