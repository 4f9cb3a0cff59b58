// Services: kept alive, replaced, stopped, and told about.
#include "process/services.h"

#include <doctest/doctest.h>

#include <csignal>

#include "sys/text.h"
#include "tests/unit/process_fixture.h"

using namespace transport;
using namespace std::chrono_literals;

namespace {

ServiceStep service(std::string program = "/bin/daemon", Restart restart = Restart::always) {
  ServiceStep step;
  step.program = program;
  step.arguments = {std::move(program), "-n"};
  step.environment = {"A=b"};
  step.uid = 5;
  step.gid = 6;
  step.restart = restart;
  return step;
}

// A node that keeps services, and what it has said about them.
struct Node : process::ProcessNode {
  std::map<std::string, ServiceStatus> known;  // as the front end has it
  int reports = 0;
  std::vector<std::string> results;  // of steps
  std::function<void()> give_up;     // of the last keep()
  process::Services services{{tools, log, [] { return std::uint64_t{1} << 63; }}, [this](const ServiceStatus& status) {
                               known[status.name] = status;
                               ++reports;
                             }};

  void keep(const ServiceStep& step, const std::string& name = "syslog") {
    give_up = services.keep(step, name, [this](const sys::Result<bool>& changed) {
      results.push_back(!changed ? changed.error().text() : *changed ? "changed" : "nothing to do");
    });
    loop.run_until_idle();
  }
  int last() const { return spawner.pids().back(); }
  std::size_t starts() const { return spawner.pids().size(); }
  void execute() {
    spawner.execute(last());
    loop.run_until_idle();
  }
  int run(const ServiceStep& step, const std::string& name = "syslog") {
    keep(step, name);
    execute();
    return last();
  }
  const ServiceStatus& status(const std::string& name = "syslog") { return known.at(name); }
  int signals(int number, int pid) const { return faults.count(sys::cat("signal ", number, " to group ", pid)); }
  int logged(std::string_view text) const {
    int count = 0;
    sys::LogLine line;
    for (auto i = log.first(); i <= log.last() && log.read(i, line); i++)
      count += line.text.find(text) != std::string_view::npos ? 1 : 0;
    return count;
  }
};
using Results = std::vector<std::string>;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a service's step is done when its program runs") {
  Node node;
  node.keep(service());
  CHECK(node.results.empty());
  CHECK(node.status().state == ServiceState::starting);
  node.execute();
  CHECK(node.results == Results{"changed"});
  CHECK(node.status().state == ServiceState::running);
  CHECK(node.status().pid == node.last());
  CHECK(node.status().restarts == 0);
  const sys::SpawnSpec& spec = node.spawner.spec(node.last());
  CHECK(spec.path == "/bin/daemon");
  CHECK(spec.arguments == std::vector<std::string>{"/bin/daemon", "-n"});
  CHECK(spec.environment == std::vector<std::string>{"A=b"});
  CHECK(spec.uid == 5);
  CHECK(spec.gid == 6);
  CHECK(node.services.running() == 1);
}

TEST_CASE("a service's program is moved to the node as a job's is") {
  Node node;
  ServiceStep step = service();
  step.files = {{step.program, node.content.offer("program"), 0755}};
  node.run(step);
  CHECK(node.files.content("/bin/daemon") == "program");
}

TEST_CASE("a service's output is lines of the log under its name") {
  Node node;
  const int pid = node.run(service());
  node.spawner.write_output(pid, "hello\nwor");
  node.spawner.write_error(pid, "oh\n");
  node.loop.run_until_idle();
  CHECK(node.logged("syslog: hello") == 1);
  CHECK(node.logged("syslog: oh") == 1);
  node.end(pid, fakes::exited(1));
  CHECK(node.logged("syslog: wor") == 1);
}

TEST_CASE("a service whose program cannot start fails its step, which may be tried again") {
  Node node;
  node.keep(service());
  node.spawner.fail_start(node.last(), {ENOENT, "execute /bin/daemon"});
  node.loop.run_until_idle();
  REQUIRE(node.results.size() == 1);
  CHECK(has(node.results[0], "/bin/daemon: no such program on the node"));
  CHECK(node.status().state == ServiceState::ended);
  CHECK(has(node.status().reason, "did not start: /bin/daemon: no such program"));
  node.loop.advance(10min);
  CHECK(node.starts() == 1);

  node.run(service());
  CHECK(node.results.back() == "changed");
  CHECK(node.status().state == ServiceState::running);
}

TEST_CASE("a service that ends is started again, after pauses that grow to a minute") {
  Node node;
  int pid = node.run(service());
  sys::Duration expected = 1s;
  for (unsigned restart = 1; restart <= 10; ++restart) {
    CAPTURE(restart);
    node.end(pid, restart % 2 ? fakes::exited(0) : fakes::killed_by(SIGSEGV));
    CHECK(node.status().state == ServiceState::waiting);
    CHECK(node.status().pid == 0);
    CHECK(has(node.status().reason, restart % 2 ? "last end: exit status 0" : "last end: killed by signal 11"));
    node.loop.advance(expected - 1ms);
    CHECK(node.starts() == restart);
    node.loop.advance(2ms);
    REQUIRE(node.starts() == restart + 1);
    node.execute();
    CHECK(node.last() != pid);
    pid = node.last();
    CHECK(node.status().restarts == restart);
    CHECK(node.status().state == ServiceState::running);
    expected = std::min<sys::Duration>(2 * expected, 60s);
  }
  CHECK(node.results == Results{"changed"});
  CHECK(node.logged("again in 60 s") == 4);
}

TEST_CASE("a service that has run for a while is started soon when it ends") {
  Node node;
  for (int i = 0; i < 5; ++i) {
    node.end(i == 0 ? node.run(service()) : node.last(), fakes::exited(1));
    node.loop.advance(50s);
    node.execute();
  }
  node.loop.advance(process::Service::settled_after);
  node.end(node.last(), fakes::exited(1));
  const auto starts = node.starts();
  node.loop.advance(1001ms);
  CHECK(node.starts() == starts + 1);
}

TEST_CASE("a restart that fails is tried again too") {
  Node node;
  node.end(node.run(service()), fakes::exited(1));
  node.loop.advance(1001ms);
  node.spawner.fail_start(node.last(), {EACCES, "execute /bin/daemon"});
  node.loop.run_until_idle();
  CHECK(node.status().state == ServiceState::waiting);
  CHECK(has(node.status().reason, "did not start: /bin/daemon: may not be executed"));
  node.loop.advance(2001ms);
  node.execute();
  CHECK(node.status().state == ServiceState::running);
  CHECK(node.status().restarts == 2);
}

TEST_CASE("a service that is restarted on failure only may end well") {
  Node node;
  const ServiceStep step = service("/bin/once", Restart::on_failure);
  const int first = node.run(step);
  node.end(first, fakes::exited(2));
  node.loop.advance(1001ms);
  node.execute();
  CHECK(node.last() != first);
  node.end(node.last(), fakes::exited(0));
  CHECK(node.status().state == ServiceState::ended);
  node.loop.advance(1h);
  CHECK(node.starts() == 2);
  CHECK(node.services.running() == 0);
  node.keep(step);
  CHECK(node.results == Results{"changed", "nothing to do"});
  CHECK(node.starts() == 2);
}

TEST_CASE("the same step leaves a service alone, whatever goes to the front end meanwhile") {
  Node node;
  ServiceStep step = service();
  step.files = {{step.program, node.content.offer("program"), 0755}};
  const int pid = node.run(step);
  node.keep(step);
  CHECK(node.results == Results{"changed", "nothing to do"});
  CHECK(node.last() == pid);
  CHECK(node.signals(SIGTERM, pid) == 0);
}

TEST_CASE("a service that pauses is started at once by its step") {
  Node node;
  node.end(node.run(service()), fakes::exited(1));
  node.keep(service());
  REQUIRE(node.starts() == 2);
  node.execute();
  CHECK(node.results == Results{"changed", "changed"});
  CHECK(node.status().restarts == 0);
  node.loop.advance(10s);
  CHECK(node.starts() == 2);
}

TEST_CASE("a step that finds a service about to be started again waits for that") {
  Node node;
  node.end(node.run(service()), fakes::exited(1));
  node.loop.advance(1001ms);
  node.keep(service());
  CHECK(node.results == Results{"changed"});
  node.execute();
  CHECK(node.results == Results{"changed", "changed"});
  CHECK(node.starts() == 2);
}

TEST_CASE("a changed step replaces the program, and every part of it counts") {
  const auto changed = [](auto change) {
    Node node;
    ServiceStep step = service();
    step.files = {{step.program, node.content.offer("program"), 0755}, {"/lib/a", node.content.offer("lib"), 0644}};
    const int pid = node.run(step);
    change(step, node);
    node.keep(step);
    CHECK(node.results == Results{"changed"});
    CHECK(node.starts() == 1);  // not before the old one is gone
    CHECK(node.signals(SIGTERM, pid) == 1);
    node.end(pid, fakes::killed_by(SIGTERM));
    node.execute();
    CHECK(node.results == Results{"changed", "changed"});
    CHECK(node.status().state == ServiceState::running);
    CHECK(node.status().pid == node.last());
    CHECK(node.status().restarts == 0);
  };
  changed([](ServiceStep& step, Node&) { step.arguments.emplace_back("-v"); });
  changed([](ServiceStep& step, Node&) { step.environment.clear(); });
  changed([](ServiceStep& step, Node&) { step.uid = 7; });
  changed([](ServiceStep& step, Node&) { step.restart = Restart::on_failure; });
  changed([](ServiceStep& step, Node& node) { step.files[0].content = node.content.offer("newer"); });
  changed([](ServiceStep& step, Node& node) { step.files[1].content = node.content.offer("newer"); });
}

TEST_CASE("a service that does not end when asked is killed") {
  Node node;
  const int pid = node.run(service());
  node.services.keep_only({});
  CHECK(node.signals(SIGTERM, pid) == 1);
  node.loop.advance(process::Service::stop_limit - 1ms);
  CHECK(node.signals(SIGKILL, pid) == 0);
  node.loop.advance(2ms);
  CHECK(node.signals(SIGKILL, pid) == 1);
  node.end(pid, fakes::killed_by(SIGKILL));
  CHECK(node.status().state == ServiceState::ended);
  CHECK(node.services.running() == 0);
}

TEST_CASE("services that the plan has no more are stopped and forgotten") {
  Node node;
  const int syslog = node.run(service());
  const int ntp = node.run(service("/bin/ntp"), "ntp");
  node.end(node.run(service("/bin/sick"), "sick"), fakes::exited(1));
  node.services.keep_only({"ntp"});
  node.loop.run_until_idle();
  CHECK(node.signals(SIGTERM, syslog) == 1);
  CHECK(node.signals(SIGTERM, ntp) == 0);
  CHECK(node.status("sick").state == ServiceState::ended);
  node.end(syslog, fakes::killed_by(SIGTERM));
  CHECK(node.status().state == ServiceState::ended);
  CHECK(has(node.status().reason, "stopped, the plan has it no more"));
  node.loop.advance(10min);
  CHECK(node.starts() == 3);
  node.known.clear();
  node.services.report_all();
  node.loop.run_until_idle();
  CHECK(node.known.size() == 1);
  CHECK(node.status("ntp").state == ServiceState::running);
}

TEST_CASE("a step that is given up starts nothing") {
  Node node;
  node.keep(service());
  node.give_up();
  node.execute();
  node.end(node.last(), fakes::killed_by(SIGKILL));
  CHECK(node.results.empty());
  node.loop.advance(10min);
  CHECK(node.starts() == 1);
  node.run(service());
  CHECK(node.results == Results{"changed"});

  // What runs already is none of its business.
  node.give_up();
  CHECK(node.status().state == ServiceState::running);
  CHECK(node.signals(SIGTERM, node.last()) == 0);
}

TEST_CASE("a node that goes down starts no service again") {
  Node node;
  const int running = node.run(service());
  node.end(node.run(service("/bin/sick"), "sick"), fakes::exited(1));
  node.services.end_for_good();
  CHECK(node.services.running() == 1);  // whoever ends all processes waits for it
  node.end(running, fakes::killed_by(SIGTERM));
  node.loop.advance(10min);
  CHECK(node.starts() == 2);
  CHECK(node.services.running() == 0);
}

TEST_CASE("a node that goes down while a service starts ends that start") {
  Node node;
  const int first = node.run(service());
  node.end(first, fakes::killed_by(SIGSEGV));
  node.loop.advance(2s);
  REQUIRE(node.starts() == 2);
  const int second = node.last();
  REQUIRE(second != first);
  node.services.end_for_good();
  node.execute();
  node.end(second, fakes::killed_by(SIGTERM));
  node.loop.advance(10min);
  CHECK(node.starts() == 2);
  CHECK(node.services.running() == 0);
}

TEST_CASE("what a service leaves running ends with it, whatever its end") {
  Node node;
  const int well = node.run(service());
  node.end(well, fakes::exited(0));
  CHECK(node.children.ended_group(well));
  node.loop.advance(2s);
  node.execute();
  const int stopped = node.last();
  node.services.keep_only({});
  node.end(stopped, fakes::killed_by(SIGTERM));
  CHECK(node.children.ended_group(stopped));
}

TEST_CASE("a service runs on when what is to replace it is not to be had") {
  Node node;
  ServiceStep step = service();
  step.files = {{step.program, node.content.offer("program"), 0755}};
  const int pid = node.run(step);
  ServiceStep other = step;
  other.files[0].content = fakes::content_of("nobody has this");
  node.keep(other);
  REQUIRE(node.results.size() == 2);
  CHECK(has(node.results[1], "no such content; the service goes on as it was"));
  CHECK(node.logged("what the plan wants instead is not to be had, it goes on as it was") == 1);
  CHECK(node.signals(SIGTERM, pid) == 0);
  CHECK(node.status().state == ServiceState::running);
  node.keep(step);
  CHECK(node.results.back() == "nothing to do");
  // It is the old one that is started again.
  node.end(pid, fakes::exited(1));
  node.loop.advance(2s);
  CHECK(node.spawner.spec(node.last()).arguments == step.arguments);
  CHECK(node.services.contents() == std::set<ContentHash>{step.files[0].content.hash});
}

TEST_CASE("a service runs on when what is to replace it does not arrive in time") {
  Node node;
  const int pid = node.run(service());
  ServiceStep other = service("/bin/other");
  other.files = {{other.program, node.content.offer("other"), 0755}};
  node.content.disconnect();
  node.keep(other);
  CHECK(node.results == Results{"changed"});
  node.give_up();
  CHECK(node.logged("did not arrive in time, it goes on as it was") == 1);
  node.content.connect();
  node.loop.run_until_idle();
  CHECK(node.results == Results{"changed"});
  CHECK(node.signals(SIGTERM, pid) == 0);
  CHECK(node.status().state == ServiceState::running);
}

TEST_CASE("a restart that hangs is killed, said, and tried again") {
  Node node;
  node.end(node.run(service()), fakes::exited(1));
  node.loop.advance(1001ms);
  const int hanging = node.last();
  node.loop.advance(process::Service::start_limit - 5ms);
  CHECK(node.signals(SIGKILL, hanging) == 0);
  node.loop.advance(10ms);
  CHECK(node.signals(SIGKILL, hanging) == 1);
  const std::string why = "did not start: killed after 60 s while placing its files and executing it";
  CHECK(has(node.status().reason, why));
  node.end(hanging, fakes::killed_by(SIGKILL));
  CHECK(node.status().state == ServiceState::waiting);
  CHECK(has(node.status().reason, why));
  node.loop.advance(3s);
  CHECK(node.last() != hanging);
  node.execute();
  CHECK(node.status().state == ServiceState::running);
  node.loop.advance(10min);
  CHECK(node.status().state == ServiceState::running);
}

TEST_CASE("a step that is given up says what its service waited for") {
  Node node;
  node.keep(service());
  node.give_up();
  node.loop.run_until_idle();
  CHECK(node.signals(SIGKILL, node.last()) == 1);
  CHECK(has(node.status().reason, "stopped, its step was given up while placing its files and executing it"));
}

TEST_CASE("a service tells since when it is in its state") {
  Node node;
  const int pid = node.run(service());
  const std::uint64_t began = node.status().since_ns;
  CHECK(began == static_cast<std::uint64_t>(node.clock.wall().time_since_epoch().count()));
  node.loop.advance(5s);
  node.services.report_all();
  node.loop.run_until_idle();
  CHECK(node.status().since_ns == began);
  node.end(pid, fakes::exited(1));
  CHECK(node.status().since_ns == began + 5'000'000'000);
}

TEST_CASE("a service that the front end has nothing for is left as it is, and that is said") {
  Node node;
  node.run(service());
  node.services.leave("syslog");
  node.services.leave("absent");
  CHECK(node.logged("missing on the front end, it goes on as it was") == 1);
}

TEST_CASE("there is a limit to the services of a node") {
  Node node;
  for (std::size_t i = 0; i < process::Services::max_services; ++i)
    node.run(service(), sys::cat("s", i));
  node.keep(service(), "one more");
  CHECK(node.results.back() == "this node keeps 256 services already, its limit");
  CHECK(node.starts() == process::Services::max_services);
  node.keep(service(), "s3");
  CHECK(node.results.back() == "nothing to do");
}

TEST_CASE("a service that keeps failing says so once a minute at most") {
  Node node;
  node.keep(service());
  const auto first = node.log.last();
  const int reports = node.reports;
  for (int minute = 0; minute < 60; ++minute) {
    node.execute();
    node.end(node.last(), fakes::exited(1));
    node.loop.advance(61s);
  }
  CHECK(node.log.last() - first <= 2 * 61);
  CHECK(node.reports - reports <= 3 * 61);
}

TEST_CASE("whatever call fails, a service is kept or its step fails") {
  for (int n = 1;; ++n) {
    Node node;
    ServiceStep step = service();
    step.files = {{step.program, node.content.offer("program"), 0755}};
    node.faults.fail_at = node.faults.made + n;
    node.keep(step);
    if (node.starts() > 0) node.execute();
    node.loop.run_until_idle();
    CAPTURE(n);
    REQUIRE(node.results.size() == 1);
    CHECK((node.results[0] == "changed") == (node.status().state == ServiceState::running));
    if (!node.faults.fired()) break;
  }
}
