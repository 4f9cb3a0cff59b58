// The whole node on fakes: from its first instruction to up, and what it does when things go wrong.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

#include "crypto/key_file.h"
#include "sys/text.h"
#include "tests/fakes/fake_content.h"
#include "tests/unit/nodeinit_fixture.h"

using namespace std::chrono_literals;
using transport::Outcome;

namespace {

bool has(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

transport::Setup plan_of(std::vector<transport::Step> steps, bool last = true) {
  return {.plan = 1, .last = last, .steps = std::move(steps)};
}

transport::Step directory_step(std::string path) {
  return {
      .name = "directory", .index = 0, .timeout_ms = 1000, .action = transport::DirectoryStep{.path = std::move(path)}};
}

}  // namespace

TEST_CASE("a node boots, joins, is set up and comes up") {
  TestMachine test;
  test.boot_and_join();
  REQUIRE(test.front_end.all<transport::Hello>().size() == 1);
  const auto hello = test.front_end.all<transport::Hello>()[0];
  CHECK(hello.address == 0x0a090103);
  CHECK(hello.interface == "eth0");
  CHECK(hello.kernel_release == "6.1.0-fake");
  CHECK(hello.boot_id != 0);
  REQUIRE(test.front_end.all<transport::BulkHello>().size() == 1);
  CHECK(test.front_end.all<transport::BulkHello>()[0].token == 77);
  CHECK_FALSE(test.node->is_up());

  test.front_end.send(plan_of({directory_step("/scratch")}));
  test.front_end.work();
  CHECK(test.node->is_up());
  CHECK(test.files.exists("/scratch"));
  REQUIRE(test.front_end.all<transport::SetupDone>().size() == 1);
  CHECK(test.front_end.all<transport::SetupDone>()[0].succeeded);

  const auto record = test.record();
  for (const char* phase : {"start done", "hardware done", "network done", "join done node 3 (n3)",
                            "setup: directory done", "setup done", "up done"}) {
    CHECK_MESSAGE(has(record, phase), phase);
  }
}

TEST_CASE("a plan in parts is up after its last part only") {
  TestMachine test;
  test.boot_and_join();
  test.front_end.send(plan_of({}, false));
  test.front_end.work();
  CHECK(test.front_end.all<transport::SetupDone>().size() == 1);
  CHECK_FALSE(test.node->is_up());
  test.front_end.send(plan_of({}, true));
  test.front_end.work();
  CHECK(test.node->is_up());
}

TEST_CASE("a failed step is in the record with its reason, and the next setup may succeed") {
  TestMachine test;
  test.files.put("/etc/hosts", "");
  test.boot_and_join();
  test.front_end.send(plan_of({directory_step("/etc/hosts/below")}));
  test.front_end.work();
  CHECK_FALSE(test.node->is_up());
  REQUIRE(test.front_end.all<transport::SetupDone>().size() == 1);
  CHECK_FALSE(test.front_end.all<transport::SetupDone>()[0].succeeded);
  CHECK(has(test.record(), "setup failed"));

  test.front_end.send(plan_of({}));
  test.front_end.work();
  CHECK(test.node->is_up());
  CHECK(has(test.record(), "up done"));
}

TEST_CASE("every ping is answered, with what nodeinit costs") {
  TestMachine test;
  test.boot_and_join();
  test.files.put("/proc/1/smaps_rollup", "Rss: 800 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 700 kB\n");
  test.front_end.send(transport::Ping{.sequence = 41});
  test.front_end.work();
  REQUIRE(test.front_end.all<transport::Pong>().size() == 1);
  const auto pong = test.front_end.all<transport::Pong>()[0];
  CHECK(pong.sequence == 41);
  CHECK(pong.usage.wakeups == test.loop.wakeups());
}

TEST_CASE("an idle node does nothing but answer") {
  TestMachine test;
  test.boot_and_join();
  test.front_end.send(plan_of({}));
  test.front_end.work();
  const std::uint64_t before = test.loop.wakeups();
  test.loop.advance(19s);
  CHECK(test.loop.wakeups() == before);
}

TEST_CASE("no answer to RARP, then an answer") {
  TestMachine test;
  test.front_end.open();
  test.boot();
  test.front_end.work_for(8s);
  CHECK(test.front_end.all<transport::Hello>().empty());
  CHECK(test.logged("no answer"));
  test.serve_rarp();
  test.front_end.work_for(10s);
  REQUIRE(test.front_end.all<transport::Hello>().size() == 1);
  CHECK(test.front_end.all<transport::Hello>()[0].address_requests > 2);
}

TEST_CASE("no front end, then a front end: the node joins by itself and has said why not") {
  TestMachine test;
  test.serve_rarp();
  test.boot();
  test.front_end.work_for(30s);
  CHECK(test.logged("no connection to the front end at 10.9.0.1:2223"));
  test.front_end.open();
  test.front_end.work_for(12s);
  CHECK(test.front_end.all<transport::Hello>().size() == 1);
  CHECK(has(test.record(), "join: no connection failed"));
}

TEST_CASE("what was logged before the Welcome reaches the front end, each line once") {
  TestMachine test;
  test.boot_and_join();
  std::uint64_t expected = 1;
  for (const auto& message : test.front_end.all<transport::LogLines>()) {
    CHECK(message.lost == 0);
    for (const auto& line : message.lines)
      CHECK(line.sequence == expected++);
  }
  CHECK(expected == test.log.last() + 1);

  test.log.info("one more");
  test.front_end.work();
  CHECK(test.front_end.all<transport::LogLines>().back().lines.size() == 1);
  CHECK(test.front_end.all<transport::LogLines>().back().lines[0].text == "one more");
}

TEST_CASE("a front end's time that cannot be one leaves the clock alone") {
  for (const std::uint64_t wall_ns : {std::uint64_t{0}, std::uint64_t{1} << 63, (std::uint64_t{1} << 63) + 12345}) {
    TestMachine test;
    test.front_end.welcome.wall_ns = wall_ns;
    const auto before = test.clock.wall();
    test.boot_and_join();
    CHECK(test.clock.wall() - before < 1h);
  }
}

TEST_CASE("the clock follows the front end's, but not in a container") {
  for (const bool container : {false, true}) {
    TestMachine test;
    test.machine.container = container;
    const auto wall = test.clock.wall() + 1h;
    test.front_end.welcome.wall_ns = static_cast<std::uint64_t>(wall.time_since_epoch().count());
    test.boot_and_join();
    CHECK((test.clock.wall() >= wall) == !container);
  }
}

TEST_CASE("the image is freed before the first step, which waits for it") {
  TestMachine test;
  test.files.put("/lib/modules/6.1.0-fake/big.ko", std::string(5000, 'x'));
  test.serve_rarp();
  test.front_end.open();
  test.workers.hang("clean root");
  test.boot();
  test.front_end.work_for(1s);
  test.front_end.send(plan_of({directory_step("/scratch")}));
  test.front_end.work_for(1s);
  CHECK_FALSE(test.files.exists("/scratch"));
  test.front_end.send(transport::Ping{.sequence = 1});
  test.front_end.work();
  CHECK(test.front_end.all<transport::Pong>().size() == 1);
  test.loop.advance(20s);  // its deadline
  test.front_end.work();
  CHECK(test.files.exists("/scratch"));
  CHECK(test.logged("root not cleaned: killed at its deadline"));
}

TEST_CASE("a front end that is lost changes nothing on the node, and the node comes back") {
  TestMachine test;
  test.boot_and_join();
  test.front_end.send(plan_of({}));
  test.front_end.work();
  const auto boot_id = test.front_end.all<transport::Hello>()[0].boot_id;

  test.front_end.close();
  test.front_end.work_for(20s);
  CHECK(test.logged("front end lost"));
  CHECK_FALSE(test.machine.powered);
  test.front_end.open();
  test.front_end.work_for(12s);
  REQUIRE(test.front_end.all<transport::Hello>().size() == 2);
  CHECK(test.front_end.all<transport::Hello>()[1].boot_id == boot_id);
  CHECK(test.node->is_up());
  CHECK(test.front_end.all<transport::BulkHello>().size() == 2);
}

TEST_CASE("a node that has never joined restarts after boot.reboot_after, and says what kept it") {
  TestMachine test;
  test.serve_rarp();
  test.boot({"boot.reboot_after=60s"});
  test.front_end.work_for(59s);
  CHECK_FALSE(test.machine.powered);
  test.front_end.work_for(3s);
  CHECK(test.machine.powered == sys::PowerAction::restart);
  CHECK(test.logged("not joined after 60 s: connect descriptor"));
}

TEST_CASE("a node that has joined once does not give up") {
  TestMachine test;
  test.boot_and_join();
  test.front_end.close();
  test.front_end.work_for(15min);
  CHECK_FALSE(test.machine.powered);
}

TEST_CASE("the front end's Power ends everything, syncs, and then the machine") {
  TestMachine test;
  test.boot_and_join();
  test.front_end.send(transport::Power{.change = transport::PowerChange::power_off});
  test.front_end.work();
  CHECK(test.faults.count(sys::cat("signal ", SIGTERM, " to everyone")) == 1);
  CHECK(test.faults.count(sys::cat("signal ", SIGKILL, " to everyone")) == 1);
  CHECK(test.shutdown.synced == 1);
  CHECK(test.machine.powered == sys::PowerAction::power_off);
}

TEST_CASE("a sync that hangs does not keep a node from restarting") {
  TestMachine test;
  test.workers.hang_for_good("sync");
  test.boot_and_join();
  test.front_end.send(transport::Power{.change = transport::PowerChange::restart});
  test.front_end.work_for(10s);
  CHECK(test.machine.powered == sys::PowerAction::restart);
}

TEST_CASE("nothing is launched on a node that is going down") {
  TestMachine test;
  test.workers.hang_for_good("sync");
  test.boot_and_join();
  test.front_end.send(transport::Power{.change = transport::PowerChange::restart});
  test.front_end.send(transport::Launch{.job = 1, .rank = 0, .program = "/bin/true", .arguments = {"true"}});
  test.front_end.work();
  REQUIRE(test.front_end.all<transport::Launched>().size() == 1);
  CHECK(test.front_end.all<transport::Launched>()[0].code == ESHUTDOWN);
  CHECK(test.spawner.pids().empty());
}

TEST_CASE("a process is launched and its output comes back on the bulk connection") {
  TestMachine test;
  test.boot_and_join();
  test.front_end.send(plan_of({}));
  test.front_end.work();
  test.front_end.send(transport::Launch{.job = 1,
                                        .rank = 0,
                                        .program = "/bin/hostname",
                                        .arguments = {"hostname"},
                                        .directory = "/",
                                        .output_credit = 4096});
  test.front_end.work();
  REQUIRE(test.spawner.pids().size() == 1);
  const int pid = test.spawner.pids()[0];
  test.spawner.execute(pid);
  test.spawner.write_output(pid, "n3\n");
  test.spawner.end(pid, fakes::exited(7));
  test.front_end.work();
  REQUIRE(test.front_end.all<transport::ProcessEnd>().size() == 1);
  CHECK(test.front_end.all<transport::ProcessEnd>()[0].status == fakes::exited(7));
  std::string output;
  for (const auto& piece : test.front_end.all<transport::StreamOutput>()) {
    for (const std::byte byte : piece.data)
      output += static_cast<char>(byte);
  }
  CHECK(output == "n3\n");
}

namespace {

// A node whose cache keeps 1 KiB when nothing uses it, and which runs programs of 800 bytes.
struct SmallCache {
  TestMachine test;

  SmallCache() {
    test.serve_rarp();
    test.front_end.open();
    test.boot({"cache.size=1k"});
    test.front_end.work_for(1s);
    test.front_end.send(plan_of({}));
    test.front_end.work();
    REQUIRE(test.node->is_up());
  }
  static std::string text_of(char letter) { return std::string(800, letter); }
  static std::string path_of(char letter) { return std::string("/bin/") + letter; }
  // The program's pid.
  int launch(char letter, std::uint64_t job) {
    const auto content = fakes::content_of(text_of(letter));
    const auto runs = test.spawner.pids().size();
    test.front_end.send(transport::Launch{.job = job,
                                          .program = path_of(letter),
                                          .arguments = {"program"},
                                          .output_credit = 4096,
                                          .files = {{path_of(letter), content, 0755}}});
    test.front_end.work();
    answer_fetches();
    REQUIRE(test.spawner.pids().size() == runs + 1);
    const int pid = test.spawner.pids().back();
    test.spawner.execute(pid);
    test.front_end.work();
    return pid;
  }
  void end(int pid) {
    test.spawner.end(pid, fakes::exited(0));
    test.front_end.work();
  }
  void answer_fetches() {
    for (const auto& fetch : test.front_end.all<transport::Fetch>()) {
      for (const char letter : {'a', 'b', 'c'}) {
        const std::string text = text_of(letter);
        if (fakes::content_of(text).hash != fetch.hash || fetch.offset != 0) continue;
        const auto bytes = std::as_bytes(std::span(text));
        test.front_end.send_bulk(transport::Block{fetch.hash, 0, "", {bytes.begin(), bytes.end()}});
      }
    }
    std::erase_if(test.front_end.received,
                  [](const auto& message) { return std::holds_alternative<transport::Fetch>(message); });
    test.front_end.work();
  }
  std::string on_node() {
    std::string letters;
    for (const char letter : {'a', 'b', 'c'})
      if (test.files.exists(path_of(letter))) letters += letter;
    return letters;
  }
};

}  // namespace

TEST_CASE("what no process uses leaves the node when the cache is full, and is fetched again") {
  SmallCache node;
  node.end(node.launch('a', 1));
  CHECK(node.on_node() == "a");
  node.end(node.launch('b', 2));
  CHECK(node.on_node() == "b");
  node.end(node.launch('a', 3));
  CHECK(node.on_node() == "a");
}

TEST_CASE("what a process uses stays, though the cache is full") {
  SmallCache node;
  const int a = node.launch('a', 1);
  const int b = node.launch('b', 2);
  node.end(node.launch('c', 3));
  CHECK(node.on_node() == "ab");
  node.end(a);
  CHECK(node.on_node() == "b");
  node.end(b);
  CHECK(node.on_node() == "b");
}

TEST_CASE("a plan waits while the cache is trimmed") {
  SmallCache node;
  node.test.workers.hang("trim cache");
  node.end(node.launch('a', 1));
  node.end(node.launch('b', 2));
  const auto done = node.test.front_end.all<transport::SetupDone>().size();
  node.test.front_end.send(plan_of({}));
  node.test.front_end.work();
  CHECK(node.test.front_end.all<transport::SetupDone>().size() == done);
  node.test.front_end.work_for(node::CacheTrim::deadline + 1s);
  CHECK(node.test.front_end.all<transport::SetupDone>().size() == done + 1);
  CHECK(node.test.logged("cache not trimmed as it should"));
}

namespace {

transport::Step service_step(std::string name) {
  return {.name = std::move(name),
          .index = 0,
          .timeout_ms = 1000,
          .action = transport::ServiceStep{.program = "/bin/daemon", .arguments = {"daemon"}}};
}

transport::Step limits_step() {
  return {.name = "limits",
          .index = 1,
          .timeout_ms = 1000,
          .action = transport::LimitsStep{{{.resource = 7, .soft = 64, .hard = 64}}}};  // RLIMIT_NOFILE
}

// Carries `plan` out on a node, whose newest program gets to run.
void set_up(TestMachine& test, transport::Setup plan) {
  const auto before = test.spawner.pids().size();
  test.front_end.send(plan);
  test.front_end.work();
  if (test.spawner.pids().size() > before) test.spawner.execute(test.spawner.pids().back());
  test.front_end.work();
}

}  // namespace

TEST_CASE("a service is told of when it changes, and again to a front end that is back") {
  using transport::ServiceState;
  TestMachine test;
  test.boot_and_join();
  set_up(test, plan_of({service_step("syslog")}));
  CHECK(test.node->is_up());
  const auto reports = [&] { return test.front_end.all<transport::ServiceReport>(); };
  REQUIRE_FALSE(reports().empty());
  CHECK(reports().back().status.name == "syslog");
  CHECK(reports().back().status.state == ServiceState::running);
  const int pid = test.spawner.pids().back();
  CHECK(reports().back().status.pid == pid);

  // It goes on without the front end, and is started again without it, too.
  test.front_end.close();
  test.front_end.work_for(1s);
  test.spawner.end(pid, fakes::exited(1));
  test.front_end.work_for(5s);
  REQUIRE(test.spawner.pids().size() == 2);
  test.spawner.execute(test.spawner.pids().back());
  const auto known = reports().size();
  test.front_end.open();
  test.front_end.work_for(12s);
  REQUIRE(reports().size() == known + 1);
  CHECK(reports().back().status.state == ServiceState::running);
  CHECK(reports().back().status.restarts == 1);
}

TEST_CASE("a plan that is done takes back what an earlier one has left in force, one that fails does not") {
  TestMachine test;
  test.boot_and_join();
  const auto limits_of_a_program = [&] {
    test.front_end.send(
        transport::Launch{.job = test.spawner.pids().size() + 1, .program = "/bin/x", .arguments = {"x"}});
    test.front_end.work();
    return test.spawner.spec(test.spawner.pids().back()).limits.size();
  };
  set_up(test, plan_of({service_step("syslog"), limits_step()}));
  const int pid = test.spawner.pids().back();
  const std::string ended = sys::cat("signal ", SIGTERM, " to group ", pid);
  CHECK(limits_of_a_program() == 1);

  // In parts, of which only the second has them.
  auto plan = plan_of({}, false);
  plan.plan = 2;
  set_up(test, plan);
  plan = plan_of({service_step("syslog"), limits_step()});
  plan.plan = 2;
  set_up(test, plan);
  CHECK(test.faults.count(ended) == 0);
  CHECK(limits_of_a_program() == 1);

  test.files.put("/etc/hosts", "");
  plan = plan_of({directory_step("/etc/hosts/below")});
  plan.plan = 3;
  set_up(test, plan);
  CHECK(test.faults.count(ended) == 0);
  CHECK(limits_of_a_program() == 1);

  plan = plan_of({});
  plan.plan = 4;
  set_up(test, plan);
  CHECK(test.faults.count(ended) == 1);
  CHECK(limits_of_a_program() == 0);
}

TEST_CASE("a node that goes down waits for its services and starts none again") {
  TestMachine test;
  test.workers.hang_for_good("sync");
  test.boot_and_join();
  set_up(test, plan_of({service_step("syslog")}));
  const int pid = test.spawner.pids().back();
  test.front_end.send(transport::Power{.change = transport::PowerChange::restart});
  test.front_end.work_for(1s);
  CHECK(test.faults.count(sys::cat("signal ", SIGKILL, " to everyone")) == 0);
  test.spawner.end(pid, fakes::killed_by(SIGTERM));
  test.front_end.work_for(20s);
  CHECK(test.faults.count(sys::cat("signal ", SIGKILL, " to everyone")) == 1);
  CHECK(test.spawner.pids().size() == 1);
}

TEST_CASE("after an emergency the processes of the former life are ended and the front end is told") {
  TestMachine test;
  test.life.restarts = 1;
  test.boot_and_join();
  CHECK(test.faults.count(sys::cat("signal ", SIGKILL, " to everyone")) == 1);
  CHECK(has(test.record(), "emergency failed started again after a crash (restart 1 of 2)"));
}

// The promise of PID 1: no error ends it. Each call that is made on the way from the first instruction to joined
// fails once; the node joins all the same.
TEST_CASE("whichever call fails during the boot, the node joins") {
  int calls = 0;
  for (int n = 1;; ++n) {
    TestMachine test;
    test.files.put("/etc/nodeinit.toml", "[hardware]\nmodules = [\"virtio_net\"]\n");
    test.files.put("/lib/modules/6.1.0-fake/modules.dep", "virtio_net.ko: failover.ko\nfailover.ko:\n");
    test.serve_rarp();
    test.front_end.open();
    test.faults.fail_at = n;
    test.boot();
    for (int second = 0; second < 120 && test.front_end.all<transport::Pong>().empty(); second += 5) {
      test.front_end.work_for(5s);
      if (test.front_end.all<transport::BulkHello>().empty()) continue;
      try {
        test.front_end.send(transport::Ping{.sequence = 1});
      } catch (const std::logic_error&) {  // between two connections
      }
    }
    CAPTURE(n);
    if (test.faults.fired()) CAPTURE(test.faults.calls[static_cast<std::size_t>(n - 1)]);
    CHECK_FALSE(test.front_end.all<transport::Pong>().empty());
    if (!test.faults.fired()) break;
    calls = n;
  }
  CHECK(calls > 40);
}

TEST_CASE("a node without a pinned key stays away from every front end, and says so once") {
  TestMachine test;
  test.serve_rarp();
  REQUIRE(test.front_end.open());
  test.boot({"insecure=false"});
  test.front_end.work_for(20s);
  CHECK(test.front_end.connections == 0);
  const std::string shown = test.console_text();
  const auto said = shown.find("so this node trusts nobody");
  CHECK(said != std::string::npos);
  CHECK(shown.find("so this node trusts nobody", said + 1) == std::string::npos);
}

TEST_CASE("a node joins the front end that its image pins, secured") {
  TestMachine test;
  test.front_end.keys.protection = transport::Protection::nk;
  test.front_end.keys.key.bytes()[3] = 4;
  test.front_end.keys.public_key = crypto::public_of(test.front_end.keys.key);
  test.files.put_directory("/etc/nodeinit");
  test.files.put("/etc/nodeinit/front-end.pub",
                 crypto::format_key(crypto::KeyKind::front_end_public, test.front_end.keys.public_key));
  test.boot_and_join();
  CHECK(test.logged("joined as node 3 (n3), Noise_NK_25519_ChaChaPoly_BLAKE2b"));
}

TEST_CASE("insecure = true takes nothing away from an image with a key") {
  TestMachine test;
  test.files.put_directory("/etc/nodeinit");
  transport::FrontEndKeys other;
  other.key.bytes()[3] = 4;
  test.files.put("/etc/nodeinit/front-end.pub",
                 crypto::format_key(crypto::KeyKind::front_end_public, crypto::public_of(other.key)));
  test.serve_rarp();
  REQUIRE(test.front_end.open());
  test.boot({"insecure=true"});
  test.front_end.work_for(5s);
  CHECK(test.logged("insecure = true ignored"));
  CHECK(test.logged("insecure = true is set on the front end and this node's image has keys"));
  CHECK(test.front_end.received.empty());
}
