#include "setup/runner.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/fakes/fake_content.h"
#include "tests/fakes/fake_hardware_clock.h"
#include "tests/fakes/fake_interfaces.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/fake_machine.h"
#include "tests/fakes/fake_mounts.h"
#include "tests/fakes/fake_sockets.h"
#include "tests/fakes/fake_workers.h"

using namespace std::chrono_literals;
using transport::OnFailure;
using transport::Outcome;

namespace {

std::string_view name_of(Outcome outcome) {
  constexpr std::string_view names[] = {"running", "done", "failed", "ignored", "skipped"};
  return names[static_cast<std::size_t>(outcome)];
}

// A node that carries out plans, and what it has reported of them.
struct Node {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeFiles files{faults};
  fakes::FakeMounts mounts{faults};
  fakes::FakeMachine machine{faults};
  fakes::FakeSockets sockets{loop, faults};
  fakes::FakeWorkers workers{loop, faults};
  fakes::FakeContent content{loop, files};
  sys::Log log{clock};
  std::vector<transport::StepReport> reports;
  std::vector<transport::SetupDone> done;
  std::vector<std::string> programs;               // that were run
  std::function<void(sys::Status)> program_ended;  // ends the last one
  int programs_killed = 0;
  std::set<transport::ContentHash> in_force;  // what services need
  fakes::FakeLinks links{faults};
  fakes::FakeInterfaces interfaces{links, faults};
  fakes::FakeHardwareClock hardware_clock{faults};
  setup::Runner runner{loop,          workers, {files, mounts, machine, interfaces, sockets, clock, hardware_clock},
                       content.cache, log,     hooks()};

  setup::RunnerHooks hooks() {
    return {
        .report = [this](const transport::StepReport& report) { reports.push_back(report); },
        .done = [this](const transport::SetupDone& message) { done.push_back(message); },
        .run_program =
            [this](const transport::RunStep& step, const std::string&, std::function<void(sys::Status)> ended) {
              programs.push_back(step.program);
              program_ended = std::move(ended);
              return [this] { programs_killed++; };
            },
        .keep_service = {},
        .set_limits = {},
        .in_force = [this] { return in_force; },
        .random = [] { return std::uint64_t{1} << 63; },  // pauses without jitter
    };
  }
  // One after the other.
  void start(std::vector<transport::Step> steps, std::uint64_t plan = 1) {
    for (std::uint32_t i = 1; i < steps.size(); i++)
      steps[i].after = {i - 1};
    start_free(std::move(steps), plan);
  }
  // As their `after` says.
  void start_free(std::vector<transport::Step> steps, std::uint64_t plan = 1, sys::Duration limit = {}) {
    for (std::uint32_t i = 0; i < steps.size(); i++)
      steps[i].index = i;
    const auto limit_ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
    runner.start(
        {.plan = plan, .last = true, .limit_ms = static_cast<std::uint32_t>(limit_ms), .steps = std::move(steps)});
  }
  // "NAME OUTCOME ATTEMPT" of every report.
  std::vector<std::string> story() const {
    std::vector<std::string> lines;
    for (const auto& report : reports)
      lines.push_back(sys::cat(report.name, " ", name_of(report.outcome), " ", report.attempt));
    return lines;
  }
};

template <class Action>
transport::Step step(std::string name, Action action, std::uint32_t retries = 0,
                     OnFailure on_failure = OnFailure::error) {
  return {.name = std::move(name),
          .timeout_ms = 5000,
          .retries = retries,
          .on_failure = on_failure,
          .action = std::move(action)};
}
transport::Step make_directory(std::string name, std::uint32_t retries = 0, OnFailure on_failure = OnFailure::error) {
  const std::string path = "/" + name;
  return step(std::move(name), transport::DirectoryStep{path}, retries, on_failure);
}

using Story = std::vector<std::string>;

}  // namespace

TEST_CASE("the steps of a plan are carried out in order, each reported as it happens") {
  Node node;
  node.start({make_directory("a"), step("b", transport::LinkStep{"/a/b", "c"})}, 7);
  CHECK(node.reports.empty());  // nothing from inside of start()
  node.loop.run_until_idle();
  CHECK(node.story() == Story{"a running 1", "a done 1", "b running 1", "b done 1"});
  CHECK(node.reports[3].plan == 7);
  CHECK(node.reports[3].step == 1);
  REQUIRE(node.done.size() == 1);
  CHECK(node.done[0].plan == 7);
  CHECK(node.done[0].succeeded);
  CHECK(node.done[0].reason.empty());
  CHECK_FALSE(node.runner.running());
}

TEST_CASE("a plan without steps succeeds") {
  Node node;
  node.start({});
  node.loop.run_until_idle();
  REQUIRE(node.done.size() == 1);
  CHECK(node.done[0].succeeded);
}

TEST_CASE("a step that fails ends the plan, with the step and the error as the reason") {
  Node node;
  node.files.put("/a", "in the way");
  node.start({make_directory("a"), make_directory("b")});
  node.loop.run_until_idle();
  CHECK(node.story() == Story{"a running 1", "a failed 1", "b skipped 0"});
  CHECK_FALSE(node.files.exists("/b"));
  REQUIRE(node.done.size() == 1);
  CHECK_FALSE(node.done[0].succeeded);
  CHECK(node.done[0].reason == "step a: directory /a: there is a regular file, which is left as it is");
}

TEST_CASE("the errno of a failed step is reported") {
  Node node;
  node.faults.code = ECONNREFUSED;
  node.faults.fail_at = 4;  // worker, look for a mount, make directories, mount
  node.start({step("home", transport::MountStep{"10.9.0.1:/home", "/home", "nfs", "", {}})});
  node.loop.run_until_idle();
  CHECK(node.reports.back().code == ECONNREFUSED);
  REQUIRE(node.done.size() == 1);
  CHECK(node.done[0].reason.starts_with("step home: mount 10.9.0.1:/home on /home: "));
}

TEST_CASE("an NFS mount that is refused is tried a few times, one that is not answered as often as the plan says") {
  const auto attempts_at = [](int code) {
    Node node;
    node.mounts.refuse(code);
    node.start({step("home", transport::MountStep{"nfs1:/home", "/home", "nfs", "", {}}, 20)});
    node.loop.advance(1h);
    CHECK(node.done.size() == 1);
    return node.reports.back().attempt;
  };
  for (const int refusal : {EACCES, EPERM, EINVAL, ENODEV, EPROTONOSUPPORT})
    CHECK(attempts_at(refusal) == 6);
  for (const int silence : {ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENOENT})
    CHECK(attempts_at(silence) == 21);
}

TEST_CASE("a step that may fail is passed over") {
  Node node;
  node.files.put("/a", "in the way");
  node.start({make_directory("a", 0, OnFailure::go_on), make_directory("b")});
  node.loop.run_until_idle();
  CHECK(node.story() == Story{"a running 1", "a ignored 1", "b running 1", "b done 1"});
  CHECK(node.done.at(0).succeeded);
}

TEST_CASE("a failed attempt is followed by others, each after a longer pause") {
  Node node;
  node.workers.die("setup step a", 11);
  node.start({make_directory("a", 2)});
  node.loop.run_until_idle();
  CHECK(node.story() == Story{"a running 1", "a running 1"});
  CHECK(node.reports[1].reason.find("worker died: killed by signal 11") == 0);
  node.loop.advance(999ms);
  CHECK(node.reports.size() == 2);
  node.loop.advance(1ms);
  CHECK(node.story().back() == "a running 2");
  CHECK(node.reports.size() == 4);
  node.workers.behave("setup step a");
  node.loop.advance(1199ms);
  CHECK(node.reports.size() == 4);
  node.loop.advance(1ms);
  CHECK(node.story().back() == "a done 3");
  CHECK(node.reports.back().duration_us == 2'200'000);
  CHECK(node.done.at(0).succeeded);
}

TEST_CASE("attempts come to an end") {
  Node node;
  node.workers.die("setup step a", 9);
  node.start({make_directory("a", 2)});
  node.loop.advance(1min);
  CHECK(node.story().back() == "a failed 3");
  CHECK(node.faults.count("worker ") == 3);
}

TEST_CASE("a step that hangs is killed at its deadline") {
  Node node;
  node.workers.hang("setup step a");
  node.start({make_directory("a", 0, OnFailure::go_on), make_directory("b")});
  node.loop.advance(4999ms);
  CHECK(node.story() == Story{"a running 1"});
  node.loop.advance(1ms);
  CHECK(node.reports.at(1).reason == "killed at its deadline of 5 s");
  CHECK(node.story().back() == "b done 1");
}

TEST_CASE("a worker that does not die is left behind, and its step not tried again") {
  Node node;
  node.workers.hang_for_good("setup step a");
  node.start({make_directory("a", 5, OnFailure::go_on), make_directory("b")});
  node.loop.advance(1min);
  CHECK(node.story() == Story{"a running 1", "a ignored 1", "b running 1", "b done 1"});
  CHECK(node.reports[1].reason.find("does not die: stuck in the kernel") == 0);
}

TEST_CASE("a step that names no deadline has one all the same") {
  Node node;
  node.workers.hang("setup step a");
  auto endless = make_directory("a");
  endless.timeout_ms = 0;
  node.start({endless});
  node.loop.advance(30s);
  CHECK(node.done.size() == 1);
}

TEST_CASE("a file's content is fetched first and dropped when the plan is over") {
  Node node;
  const auto content = node.content.offer("welcome");
  node.start({step("motd", transport::one_file("/etc/motd", content))});
  node.loop.run_until_idle();
  CHECK(node.done.at(0).succeeded);
  CHECK(node.files.content("/etc/motd") == "welcome");
  CHECK(node.content.cache.bytes_held() == 0);
}

TEST_CASE("content that a program of the plan needs stays") {
  Node node;
  const auto content = node.content.offer("program");
  node.start({step("copy", transport::one_file("/etc/motd", content)),
              step("run", transport::RunStep{"/p", {"p"}, {}, {{"/p", content}}})});
  node.loop.run_until_idle();
  node.program_ended({});
  node.loop.run_until_idle();
  CHECK(node.done.at(0).succeeded);
  CHECK(node.content.cache.bytes_held() == 7);
}

TEST_CASE("content that a service needs, or a program of an earlier part of the plan, stays while others copy it") {
  for (const bool by_service : {false, true}) {
    Node node;
    const auto content = node.content.offer("text");
    if (by_service) {
      node.in_force = {content.hash};
    } else {
      const transport::RunStep run{"/bin/true", {"true"}, {}, {{"/bin/true", content, 0755}}};
      node.start({step("run", run)});
      node.loop.run_until_idle();
      node.program_ended({});
      node.loop.run_until_idle();
      node.content.cache.want(content, [](const auto&) {});
      node.loop.run_until_idle();
    }
    node.start({step("copy", transport::one_file("/copy", content))});
    node.loop.run_until_idle();
    CHECK(node.files.content("/copy") == "text");
    CHECK(node.files.content(node.content.path_of("text")) == "text");

    // Another plan, which knows nothing of it.
    node.in_force.clear();
    node.start({step("again", transport::one_file("/again", content))}, 2);
    node.loop.run_until_idle();
    CHECK(node.files.content("/again") == "text");
    CHECK_FALSE(node.files.exists(node.content.path_of("text")));
  }
}

TEST_CASE("content that cannot be had fails the step, content that does not come runs into the deadline") {
  Node node;
  node.start({step("motd", transport::one_file("/etc/motd", fakes::content_of("unknown")))});
  node.loop.run_until_idle();
  CHECK(node.done.at(0).reason.find("step motd: fetch its content: ") == 0);

  node.content.disconnect();
  const auto content = node.content.offer("late");
  node.start({step("motd", transport::one_file("/etc/motd", content))});
  node.loop.advance(5s);
  REQUIRE(node.done.size() == 2);
  CHECK(node.done[1].reason.find("step motd: its content did not arrive within 5 s") == 0);
}

TEST_CASE("fetching and copying share one deadline") {
  Node node;
  node.content.disconnect();
  node.workers.hang("setup step motd");
  node.start({step("motd", transport::one_file("/etc/motd", node.content.offer("late")))});
  node.loop.advance(3s);
  node.content.connect();
  node.loop.advance(1999ms);
  CHECK(node.workers.running() == 1);
  node.loop.advance(1ms);
  CHECK(node.done.size() == 1);
}

TEST_CASE("a program of the plan is run to its end") {
  Node node;
  node.start({step("good", transport::RunStep{"/bin/true", {"true"}, {}, {}}),
              step("bad", transport::RunStep{"/bin/false", {"false"}, {}, {}})});
  node.loop.run_until_idle();
  CHECK(node.programs == std::vector<std::string>{"/bin/true"});
  node.program_ended({});
  node.loop.run_until_idle();
  CHECK(node.programs.size() == 2);
  node.program_ended(sys::refusal("exit status 3"));
  node.loop.run_until_idle();
  CHECK(node.done.at(0).reason == "step bad: exit status 3");
  CHECK(node.programs_killed == 0);
}

TEST_CASE("a program of the plan is killed at its deadline") {
  Node node;
  node.start({step("slow", transport::RunStep{"/bin/sleep", {"sleep"}, {}, {}})});
  node.loop.advance(5s);
  CHECK(node.programs_killed == 1);
  CHECK(node.done.at(0).reason == "step slow: killed at its deadline of 5 s");
}

TEST_CASE("a new plan ends the old one, whatever it is waiting for") {
  const auto worker = make_directory("a");
  const auto program = step("a", transport::RunStep{"/bin/sleep", {"sleep"}, {}, {}});
  for (const auto& old : {worker, program}) {
    Node node;
    node.workers.hang("setup step a");
    node.start({old}, 1);
    node.loop.run_until_idle();
    node.start({make_directory("b")}, 2);
    node.loop.advance(1min);
    REQUIRE(node.done.size() == 1);
    CHECK(node.done[0].plan == 2);
    CHECK(node.workers.running() == 0);
    CHECK(node.programs_killed == static_cast<int>(node.programs.size()));
  }
}

TEST_CASE("a late answer of the cache does not reach a plan that is over") {
  Node node;
  const auto content = node.content.offer("welcome");
  node.start({step("motd", transport::one_file("/etc/motd", content))});
  node.content.disconnect();
  node.loop.run_until_idle();
  node.runner.cancel();
  node.content.connect();
  node.loop.advance(1min);
  CHECK(node.done.empty());
  CHECK_FALSE(node.files.exists("/etc/motd"));
}

TEST_CASE("whatever call fails, a plan ends once, and with a reason unless it succeeds") {
  for (int n = 1;; ++n) {
    Node node;
    node.start({make_directory("a"), step("motd", transport::one_file("/etc/motd", node.content.offer("welcome"))),
                step("name", transport::HostnameStep{"n3"})});
    node.faults.fail_at = n;
    node.loop.advance(1min);
    CAPTURE(n);
    REQUIRE(node.done.size() == 1);
    CHECK(node.done[0].succeeded == node.done[0].reason.empty());
    CHECK_FALSE(node.runner.running());
    if (!node.faults.fired()) break;
  }
}

TEST_CASE("steps that do not wait for each other are carried out together") {
  Node node;
  node.workers.hang("setup step slow");
  auto last = make_directory("last");
  last.after = {0, 1};
  node.start_free({make_directory("slow", 0, OnFailure::go_on), make_directory("quick"), last});
  node.loop.run_until_idle();
  CHECK(node.story() == Story{"slow running 1", "quick running 1", "quick done 1"});
  node.loop.advance(5s);
  CHECK(node.story().back() == "last done 1");
  CHECK(node.done.at(0).succeeded);
}

TEST_CASE("at most so many steps run at once") {
  Node node;
  std::vector<transport::Step> steps;
  for (std::size_t i = 0; i < setup::Runner::max_at_once + 3; i++) {
    steps.push_back(make_directory(sys::cat("d", i), 0, OnFailure::go_on));
    node.workers.hang(sys::cat("setup step d", i));
  }
  node.start_free(steps);
  node.loop.run_until_idle();
  CHECK(node.workers.running() == setup::Runner::max_at_once);
  node.loop.advance(20s);
  CHECK(node.done.size() == 1);
}

TEST_CASE("a step that fails stops those that run beside it, and says so") {
  Node node;
  node.files.put("/bad", "in the way");
  node.workers.hang("setup step slow");
  node.start_free({make_directory("slow"), make_directory("bad"), make_directory("other")});
  node.loop.run_until_idle();
  REQUIRE(node.done.size() == 1);
  CHECK(node.done[0].reason.find("step bad: ") == 0);
  CHECK(node.workers.running() == 0);
  bool told = false;
  for (const auto& report : node.reports)
    told |= report.name == "slow" && report.outcome == Outcome::skipped && report.reason == "stopped: step bad failed";
  CHECK(told);
}

TEST_CASE("a plan that takes longer than its limit ends, and says what it was doing") {
  Node node;
  node.workers.hang("setup step slow");
  auto patient = make_directory("slow", 1000);
  auto next = make_directory("next");
  next.after = {0};
  node.start_free({patient, next}, 1, 20s);
  node.loop.advance(19s);
  CHECK(node.done.empty());
  node.loop.advance(1s);
  REQUIRE(node.done.size() == 1);
  CHECK(node.done[0].reason == "the plan's time limit is over; not done: slow");
  CHECK(node.story().back() == "next skipped 0");
  CHECK(node.workers.running() == 0);
}

TEST_CASE("steps with the same number are refused, none of them done") {
  Node node;
  auto first = make_directory("a"), second = make_directory("b");
  node.runner.start({.plan = 1, .last = true, .steps = {first, second}});
  node.loop.run_until_idle();
  REQUIRE(node.done.size() == 1);
  CHECK(node.done[0].reason == "two steps of the plan have the same number");
  CHECK_FALSE(node.files.exists("/a"));
}

TEST_CASE("what is there already is not fetched") {
  Node node;
  node.files.put("/etc/motd", "welcome");
  node.start({step("motd", transport::one_file("/etc/motd", node.content.offer("welcome")))});
  node.loop.run_until_idle();
  CHECK(node.done.at(0).succeeded);
  CHECK(node.reports.back().reason == "copy 7 bytes to /etc/motd: nothing to do");
  CHECK(node.content.cache.bytes_fetched() == 0);
}

TEST_CASE("a clock is set to what the front end's shows when the step's turn comes") {
  Node node;
  node.clock.advance(std::chrono::hours(24 * 365 * 20));
  const auto now = static_cast<std::uint64_t>(node.clock.wall().time_since_epoch().count()) + 3'600'000'000'000;
  transport::Step wait = make_directory("a");
  node.start({wait, step("time", transport::TimeStep{now, false})});
  node.clock.advance(10s);
  node.loop.run_until_idle();
  CHECK(static_cast<std::uint64_t>(node.clock.wall().time_since_epoch().count()) == now + 10'000'000'000);
  CHECK(node.reports.back().reason == "set the clock: it was 3600 s slow");
}
