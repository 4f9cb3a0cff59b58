// nodemaster as a whole, on a kernel in memory: nodes and commands speak to it over connections.
#include "frontend/nodemaster/daemon.h"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

#include "frontend/nodemaster/keygen.h"
#include "sys/text.h"
#include "tests/unit/frontend_cluster.h"
#include "tests/unit/temporary_directory.h"

namespace {

using namespace std::chrono_literals;
using fakes::Caller;
using fakes::Cluster;
using fakes::ip;
using transport::NodeState;

TEST_CASE("a node joins, is set up, and is shown as up") {
  Cluster cluster;
  cluster.start();
  CHECK(cluster.status(3).state == NodeState::down);
  CHECK(cluster.status(3).address == ip("10.9.1.3"));
  const auto node = cluster.join(3);
  CHECK(cluster.status(3).state == NodeState::boot);
  cluster.set_up(*node);
  const auto status = cluster.status(3);
  CHECK(status.state == NodeState::up);
  CHECK(status.name == "n3");
  CHECK(status.reason == "");
  CHECK(status.architecture == "x86_64");
  CHECK(status.address_requests == 1);
  CHECK(status.boot_us == 1'000'000);
}

TEST_CASE("a failed set-up is shown with its reason, and `up` runs the plan again") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.join(3);
  cluster.set_up(*node, false, "step home: refused");
  CHECK(cluster.status(3).state == NodeState::error);
  CHECK(cluster.status(3).reason == "step home: refused");
  const auto command = cluster.ask(transport::UpRequest{"2-3"});
  CHECK(cluster.status(3).state == NodeState::boot);
  const auto early = command->take<transport::NodeResult>();
  REQUIRE(early.size() == 1);
  CHECK(early[0].node == 2);
  CHECK_FALSE(early[0].succeeded);
  CHECK(early[0].reason.find("down") == 0);
  cluster.set_up(*node);
  const auto result = command->take<transport::NodeResult>();
  REQUIRE(result.size() == 1);
  CHECK(result[0].succeeded);
  CHECK(command->take<transport::Done>().size() == 1);
}

transport::StepReport report_of(const transport::Setup& setup, const std::string& name, transport::Outcome outcome) {
  return {.plan = setup.plan, .step = 0, .name = name, .outcome = outcome};
}

TEST_CASE("`up` with follow tells what happens, not more often than anybody can read") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto command = cluster.ask(transport::UpRequest{"3", true});
  auto news = command->take<transport::UpProgress>();
  REQUIRE(news.size() == 1);
  CHECK(news[0].name == "n3");
  CHECK(news[0].reason == "waiting for the plan's files");
  const auto setup = node->take<transport::Setup>();
  REQUIRE(setup.size() == 1);
  for (int i = 0; i < 100; ++i)
    node->send(report_of(setup[0], sys::cat("s", i), transport::Outcome::running));
  cluster.turn();
  CHECK(command->take<transport::UpProgress>().empty());
  cluster.kernel.loop.advance(std::chrono::milliseconds(250));
  news = command->take<transport::UpProgress>();
  REQUIRE(news.size() == 1);
  CHECK(news[0].step == "step s99");
  node->send(report_of(setup[0], "late", transport::Outcome::running));
  node->send(transport::SetupDone{setup[0].plan, true, ""});
  cluster.turn();
  cluster.kernel.loop.advance(std::chrono::seconds(1));
  CHECK(command->take<transport::UpProgress>().size() <= 1);
  CHECK(command->take<transport::NodeResult>().at(0).succeeded);
  CHECK(command->take<transport::Done>().size() == 1);
}

TEST_CASE("`up` without follow tells the results alone") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto command = cluster.ask(transport::UpRequest{"3", false});
  cluster.set_up(*node);
  CHECK(command->take<transport::UpProgress>().empty());
  CHECK(command->take<transport::NodeResult>().size() == 1);
}

TEST_CASE("a node that hooks were told is gone is up again when they have been told that it is back") {
  Cluster cluster;
  cluster.kernel.files.put("/up/10-a", "", 0755);
  cluster.kernel.files.put("/down/10-b", "", 0755);
  cluster.configuration.hooks.up = "/up";
  cluster.configuration.hooks.down = "/down";
  cluster.start();
  auto node = cluster.join(3);
  const auto end_hook = [&cluster](const char* path) {
    const int pid = cluster.kernel.spawner.pids().back();
    CHECK(cluster.kernel.spawner.spec(pid).path == path);
    cluster.kernel.spawner.execute(pid);
    cluster.kernel.spawner.end(pid, fakes::exited(0));
    cluster.turn();
  };
  end_hook("/up/10-a");
  cluster.set_up(*node);
  REQUIRE(cluster.status(3).state == NodeState::up);
  node->hang_up();
  cluster.turn();
  node = cluster.join(3);
  CHECK(cluster.status(3).state == NodeState::boot);
  CHECK(cluster.status(3).reason == "waiting for its turn: hook 10-a");
  end_hook("/down/10-b");
  end_hook("/up/10-a");
  cluster.set_up(*node);
  CHECK(cluster.status(3).state == NodeState::up);
}

TEST_CASE("a node that comes back in the same life is up without the plan") {
  Cluster cluster;
  cluster.start();
  auto node = cluster.bring_up(3);
  node->hang_up();
  cluster.turn();
  CHECK(cluster.status(3).state == NodeState::down);
  node = cluster.join(3);
  CHECK(node->take<transport::Setup>().empty());
  CHECK(cluster.status(3).state == NodeState::up);
  node->hang_up();
  node = cluster.join(3, 2);
  CHECK(node->take<transport::Setup>().size() == 1);
  CHECK(cluster.status(3).state == NodeState::boot);
}

TEST_CASE("waiting ends when all nodes are there, or when the time is up") {
  Cluster cluster;
  cluster.start();
  const auto node1 = cluster.bring_up(1);
  const auto command = cluster.ask(transport::WaitRequest{"1,3", "up", 60000});
  CHECK(command->received.empty());
  const auto impatient = cluster.ask(transport::WaitRequest{"all", "up", 5000});
  const auto node3 = cluster.bring_up(3);
  auto reply = command->take<transport::StatusReply>();
  REQUIRE(reply.size() == 1);
  CHECK(reply[0].satisfied);
  CHECK(reply[0].nodes.size() == 2);
  CHECK(impatient->received.empty());
  cluster.kernel.loop.advance(5s);
  reply = impatient->take<transport::StatusReply>();
  REQUIRE(reply.size() == 1);
  CHECK_FALSE(reply[0].satisfied);
  CHECK(reply[0].nodes.size() == 4);
  CHECK(cluster.ask(transport::WaitRequest{"1", "up", 0})->take<transport::StatusReply>().at(0).satisfied);
  CHECK(cluster.ask(transport::WaitRequest{"1", "upp", 0})->take<transport::Failure>().at(0).usage);
}

TEST_CASE("node sets that are wrong are the command's fault") {
  Cluster cluster;
  cluster.start();
  const auto failure = cluster.ask(transport::StatusRequest{"0-9"})->take<transport::Failure>();
  REQUIRE(failure.size() == 1);
  CHECK(failure[0].usage);
  CHECK(failure[0].reason == "there is no node 4");
  const auto none = cluster.ask(transport::RunRequest{.nodes = "up", .program = "/bin/x"})->take<transport::Failure>();
  REQUIRE(none.size() == 1);
  CHECK_FALSE(none[0].usage);
}

TEST_CASE("the boot log has the node's entries and the front end's") {
  Cluster cluster;
  cluster.kernel.files.put("/d/10-a", "", 0755);
  cluster.configuration.hooks.up = "/d";
  cluster.start();
  const auto node = cluster.join(3);
  node->send(transport::BootRecord{0, {{"start", 0, 5, transport::Outcome::done, ""}}});
  cluster.turn();
  const int hook = cluster.kernel.spawner.pids().back();
  cluster.kernel.spawner.execute(hook);
  cluster.kernel.spawner.end(hook, 0);
  cluster.turn();
  cluster.set_up(*node);
  CHECK(cluster.status(3).state == NodeState::up);
  const auto command = cluster.ask(transport::BootLogRequest{"all"});
  const auto replies = command->take<transport::BootLogReply>();
  REQUIRE(replies.size() == 4);
  const auto& entries = replies[3].record.entries;
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "start");
  CHECK(entries[1].name == "front end: hook 10-a");
  CHECK(command->take<transport::Done>().size() == 1);
}

transport::LogLines lines(std::uint64_t first, unsigned count, std::size_t size = 4) {
  transport::LogLines news;
  for (unsigned i = 0; i < count; ++i)
    news.lines.push_back({first + i, 6, 1, std::string(size, 'x')});
  return news;
}

std::size_t lines_in(Caller& command) {
  std::size_t count = 0;
  for (const auto& reply : command.take<transport::LogReply>())
    count += reply.lines.size();
  return count;
}

TEST_CASE("log lines are kept, followed, and not taken twice") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.join(3);
  node->send(lines(1, 5));
  cluster.turn();
  const auto once = cluster.ask(transport::LogRequest{"all", false});
  CHECK(lines_in(*once) == 5);
  CHECK(once->take<transport::Done>().size() == 1);
  const auto follower = cluster.ask(transport::LogRequest{"3", true});
  CHECK(lines_in(*follower) == 5);
  node->send(lines(1, 7));  // as after connecting again
  cluster.turn();
  CHECK(lines_in(*follower) == 2);
  CHECK(follower->take<transport::Done>().empty());
  node->hang_up();
  const auto reborn = cluster.join(3, 2);
  reborn->send(lines(1, 2));
  cluster.turn();
  CHECK(lines_in(*follower) == 2);
}

TEST_CASE("a node's log is a ring, and what a slow follower misses is counted") {
  frontend::NodeLogs logs;
  logs.add(3, 1, lines(1, 10, 100));
  std::uint64_t cursor = 0;
  CHECK(logs.read(3, cursor).lines.size() == 10);
  logs.add(3, 1, lines(11, 4000, 100));
  const auto piece = logs.read(3, cursor);
  CHECK(piece.lost > 3000);
  std::size_t held = piece.lines.size();
  while (logs.has_more(3, cursor))
    held += logs.read(3, cursor).lines.size();
  CHECK(piece.lost + held == 4000);
  CHECK(held * 100 <= frontend::NodeLogs::max_bytes);
}

TEST_CASE("a command that stops reading is sent no more than a bounded amount, and loses nothing that is held") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.join(3);
  const auto follower = cluster.ask(transport::LogRequest{"3", true});
  follower->pause();
  for (unsigned i = 0; i < 200; ++i) {
    node->send(lines(1 + 100 * i, 100, 200));
    cluster.turn();
  }
  follower->resume();
  cluster.turn();
  std::uint64_t lost = 0;
  std::size_t got = 0;
  for (const auto& reply : follower->take<transport::LogReply>()) {
    lost += reply.lost;
    got += reply.lines.size();
  }
  CHECK(lost + got == 20000);
}

TEST_CASE("nodes are told to restart, and that is why they go") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto command = cluster.ask(transport::PowerRequest{"2-3", transport::PowerChange::restart});
  const auto results = command->take<transport::NodeResult>();
  REQUIRE(results.size() == 2);
  CHECK_FALSE(results[0].succeeded);
  CHECK(results[1].succeeded);
  CHECK(command->take<transport::Done>().size() == 1);
  CHECK(node->take<transport::Power>().size() == 1);
  node->hang_up();
  cluster.turn();
  CHECK(cluster.status(3).reason == "restarting, as asked");
}

TEST_CASE("a program runs on a node for a command") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto token = node->take<transport::Welcome>().at(0).bulk_token;
  const auto bulk = cluster.connect_node();
  bulk->send(transport::BulkHello{3, token});
  cluster.turn();
  const auto command = cluster.ask(transport::RunRequest{.nodes = "3", .program = "/bin/foo", .arguments = {"foo"}});
  const auto launch = node->take<transport::Launch>();
  REQUIRE(launch.size() == 1);
  const auto job = launch[0].job;
  CHECK(command->take<transport::RunStarted>().at(0).job == job);
  node->send(transport::Launched{.job = job, .rank = 0, .pid = 5});
  bulk->send(transport::StreamOutput{job, 0, transport::StreamName::output, 0, false, {std::byte{'x'}}});
  bulk->send(transport::StreamOutput{job, 0, transport::StreamName::output, 1, true, {}});
  bulk->send(transport::StreamOutput{job, 0, transport::StreamName::error, 0, true, {}});
  cluster.turn();
  CHECK(command->take<transport::RunOutput>().size() == 1);
  command->send(transport::RunSignal{SIGINT}, 1);
  cluster.turn();
  CHECK(node->take<transport::Signal>().at(0).signal == SIGINT);
  node->send(transport::ProcessEnd{.job = job, .rank = 0, .status = fakes::killed_by(SIGINT)});
  cluster.turn();
  CHECK(command->take<transport::RunEnd>().at(0).status == SIGINT);
  CHECK(command->take<transport::Done>().empty());
  command->send(transport::RunAck{{0}}, 1);
  cluster.turn();
  CHECK(command->take<transport::Done>().size() == 1);
  CHECK(node->take<transport::Forget>().size() == 1);
}

TEST_CASE("a command that does not read its job's output costs bytes, not messages, and misses nothing") {
  Cluster cluster;
  cluster.start();
  std::vector<decltype(cluster.connect_node())> nodes, bulks;
  for (transport::NodeNumber number = 1; number <= 3; ++number) {
    nodes.push_back(cluster.bring_up(number));
    bulks.push_back(cluster.connect_node());
    bulks.back()->send(transport::BulkHello{number, nodes.back()->take<transport::Welcome>().at(0).bulk_token});
    cluster.turn();
  }
  const auto command = cluster.ask(transport::RunRequest{.nodes = "1-3", .program = "/bin/foo", .arguments = {"foo"}});
  const auto job = nodes[0]->take<transport::Launch>().at(0).job;
  command->pause();
  constexpr std::uint64_t window = frontend::Job::most_credit;
  const auto say = [&](std::uint32_t rank, transport::StreamName stream, std::uint64_t offset, std::size_t size) {
    bulks[rank]->send(transport::StreamOutput{job, rank, stream, offset, false, transport::Bytes(size)});
  };
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    nodes[rank]->send(transport::Launched{.job = job, .rank = rank, .pid = 5});
    say(rank, transport::StreamName::error, 0, window);
    if (rank != 0) say(rank, transport::StreamName::output, 0, window);
    cluster.turn();
  }
  for (std::uint64_t i = 0; i < 2000; ++i) {
    say(0, transport::StreamName::output, i, 1);
    nodes[0]->send(transport::ProcessState{job, 0, i % 2 == 0 ? 0x137f : 0xffff});
    if (i % 100 == 0) cluster.turn();
  }
  cluster.turn();
  command->resume();
  cluster.turn();
  std::size_t bytes = 0, pieces = 0;
  for (const auto& output : command->take<transport::RunOutput>()) {
    bytes += output.data.size();
    ++pieces;
  }
  CHECK(bytes == 5 * window + 2000);
  CHECK(pieces < 10);
  const auto states = command->take<transport::RunState>();
  REQUIRE_FALSE(states.empty());
  CHECK(states.size() < 10);
  CHECK(states.back().status == 0xffff);
}

TEST_CASE("input goes from the command to the node, and the window of its terminal as well") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto bulk = cluster.connect_node();
  bulk->send(transport::BulkHello{3, node->take<transport::Welcome>().at(0).bulk_token});
  cluster.turn();
  const auto command = cluster.ask(
      transport::RunRequest{.nodes = "3", .program = "/bin/foo", .arguments = {"foo"}, .input = 0, .terminal = true});
  const auto job = node->take<transport::Launch>().at(0).job;
  node->send(transport::Launched{.job = job, .rank = 0, .pid = 5});
  bulk->send(transport::InputCredit{.job = job, .rank = 0, .again = true});
  cluster.turn();
  command->send(transport::RunInput{0, false, {std::byte{'x'}}}, 1);
  command->send(transport::RunResize{{30, 90}}, 1);
  cluster.turn();
  CHECK(bulk->take<transport::StreamInput>().at(0).data == transport::Bytes{std::byte{'x'}});
  CHECK(node->take<transport::Resize>().at(0).window.columns == 90);
  bulk->send(transport::InputCredit{.job = job, .rank = 0, .taken = 1, .end = true});
  cluster.turn();
  CHECK(command->take<transport::RunInputCredit>().at(0).end);
}

TEST_CASE("a command that sends more input than has been taken ends its job") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto command = cluster.ask(
      transport::RunRequest{.nodes = "3", .program = "/bin/foo", .arguments = {"foo"}, .input = transport::all_ranks});
  command->send(transport::RunInput{0, false, transport::Bytes(transport::input_window + 1)}, 1);
  cluster.turn();
  CHECK(command->take<transport::Failure>().at(0).reason.find("more input") != std::string::npos);
  CHECK(node->take<transport::Signal>().at(0).signal == SIGHUP);
}

TEST_CASE("a job of an earlier nodemaster is given back to the command that had asked for it, and to nobody else") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const transport::RunAttach attach{.job = 77, .nodes = {2, 3}, .over = {0}, .taken = {0, 0, 3, 0}};
  const auto early = cluster.ask(attach);
  node->send(transport::HeldProcesses{
      false, {{77, 1, 5, 0, transport::HeldState::running}, {88, 0, 6, 1000, transport::HeldState::running}}});
  cluster.turn();
  CHECK(cluster.ask(attach)->take<transport::Failure>().at(0).reason == "job 77 has its command already");
  node->send(transport::Launched{.job = 77, .rank = 1, .pid = 5});
  early->send(transport::RunSignal{SIGINT}, 1);
  cluster.turn();
  CHECK(node->take<transport::Signal>().at(0).rank == 1);
  CHECK(cluster.ask(transport::RunAttach{.job = 88, .nodes = {2}})->take<transport::Failure>().at(0).reason ==
        "job 88 runs on other nodes");
}

TEST_CASE("a bulk connection that is lost ends no rank") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto bulk = cluster.connect_node();
  bulk->send(transport::BulkHello{3, node->take<transport::Welcome>().at(0).bulk_token});
  cluster.turn();
  const auto command = cluster.ask(transport::RunRequest{.nodes = "3", .program = "/bin/foo"});
  bulk->hang_up();
  cluster.turn();
  CHECK(command->take<transport::RunEnd>().empty());
  CHECK(cluster.status(3).state == NodeState::up);
}

TEST_CASE("a node that opens bulk connections without end does not fill the log") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const std::uint64_t token = node->take<transport::Welcome>().at(0).bulk_token;
  std::unique_ptr<Caller> bulk;
  for (int i = 0; i < 100; ++i) {
    bulk = cluster.connect_node();
    bulk->send(transport::BulkHello{3, token});
    cluster.turn();
  }
  CHECK(cluster.kernel.logged("bulk connection lost") == 30);
}

TEST_CASE("a command that goes ends its job") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto command = cluster.ask(transport::RunRequest{.nodes = "3", .program = "/bin/foo"});
  command->hang_up();
  cluster.turn();
  CHECK(node->take<transport::Signal>().at(0).signal == SIGHUP);
  cluster.kernel.loop.advance(5s);
  CHECK(node->take<transport::Signal>().at(0).signal == SIGKILL);
}

TEST_CASE("a command makes one request at a time") {
  Cluster cluster;
  cluster.start();
  const auto command = cluster.ask(transport::WaitRequest{"3", "up", 0});
  command->send(transport::StatusRequest{"all"}, 2);
  cluster.turn();
  CHECK(command->take<transport::Failure>().at(0).usage);
  CHECK(command->take<transport::StatusReply>().empty());
  const auto node = cluster.bring_up(3);
  CHECK(command->take<transport::StatusReply>().size() == 1);
  command->send(transport::StatusRequest{"all"}, 3);
  cluster.turn();
  CHECK(command->take<transport::StatusReply>().size() == 1);
}

TEST_CASE("a good configuration is taken over under way, a bad one is not") {
  fakes::TemporaryDirectory folder;
  const std::string path = folder / "cluster.toml";
  const std::string head =
      "insecure = true\n[front_end]\ninterface = \"eth0\"\naddress = \"10.9.0.1\"\n"
      "control_socket = \"/run/nm/control.sock\"\n";
  Cluster cluster;
  cluster.start(path);
  const auto node2 = cluster.bring_up(2);
  const auto node3 = cluster.bring_up(3);
  const auto reload = [&](const std::string& text) {
    cluster.kernel.files.put(path, text);
    cluster.daemon->reload();
    cluster.turn();
  };
  reload(head + "[[nodes]]\nrange = \"0-3\"\nmac = \"oops\"\naddress = \"10.9.1.0\"\n");
  CHECK(cluster.kernel.logged("no MAC address", sys::Severity::error) == 1);
  CHECK(cluster.kernel.logged("insecure: whoever can reach", sys::Severity::warning) == 1);
  CHECK(cluster.kernel.logged(": warning: ") == 0);  // the line is a warning already
  CHECK(cluster.kernel.logged("the old one stays in force") == 1);
  CHECK(cluster.status(3).state == NodeState::up);
  reload(head +
         "[[nodes]]\nrange = \"0-2\"\nmac = \"52:54:00:09:00:00\"\naddress = \"10.9.1.0\"\n"
         "[[nodes]]\nnode = 9\nmac = \"52:54:00:09:00:09\"\naddress = \"10.9.1.9\"\n");
  CHECK(cluster.kernel.logged("took over cluster: 4 nodes") == 1);
  CHECK(cluster.status(2).state == NodeState::up);
  CHECK(cluster.status(9).state == NodeState::down);
  CHECK(cluster.ask(transport::StatusRequest{"3"})->take<transport::Failure>().size() == 1);
  CHECK(node3->take<transport::Refused>().size() == 1);
  CHECK(node3->closed());
  CHECK_FALSE(node2->closed());
}

TEST_CASE("another protection and other keys are said when they are taken over, and shown from then on") {
  Cluster cluster;
  cluster.start();
  const auto node = cluster.bring_up(3);
  const auto reload = [&](const std::string& text) {
    cluster.kernel.files.put("/etc/cluster.toml",
                             text +
                                 "[front_end]\ninterface = \"eth0\"\naddress = \"10.9.0.1\"\n"
                                 "control_socket = \"/run/nm/control.sock\"\n"
                                 "[[nodes]]\nrange = \"0-3\"\nmac = \"52:54:00:09:00:00\"\naddress = \"10.9.1.0\"\n");
    cluster.daemon->reload();
    cluster.turn();
  };
  const auto configured = [&] {
    return cluster.ask(transport::StatusRequest{"3"})->take<transport::StatusReply>().at(0).channel;
  };
  const auto said = [&](std::string_view text) { return cluster.kernel.logged(text, sys::Severity::notice); };
  for (const char* directory : {"/etc/keys", "/etc/other"}) {
    const auto random = [&](std::span<std::uint8_t> key) { return cluster.kernel.machine.random_key(key); };
    REQUIRE(frontend::make_keys(cluster.kernel.files, random, directory, true));
  }
  CHECK(configured() == "in the clear");
  reload("insecure = true\n");
  CHECK(said("from now on") == 0);
  reload("");
  CHECK(said("connections are Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b from now on and not in the clear") == 1);
  CHECK(configured() == "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b");
  CHECK(cluster.status(3).channel == "in the clear");
  reload("");
  CHECK(said("from now on") == 1);
  reload("[security]\nkeys = \"other\"\n");
  CHECK(said("other keys from now on") == 1);
}

TEST_CASE("a configuration that cannot be read again is an error that says why") {
  Cluster cluster;
  cluster.start();
  cluster.kernel.workers.die("checking the configuration", SIGSEGV);
  cluster.daemon->reload();
  cluster.turn();
  CHECK(cluster.kernel.logged("reading the configuration again: killed by signal 11", sys::Severity::error) == 1);
  CHECK(cluster.kernel.logged("the old one stays in force", sys::Severity::error) == 1);
}

TEST_CASE("a thousand nodes are shown in one reply") {
  Cluster cluster;
  cluster.configuration.nodes = fakes::some_nodes(1023);
  cluster.start();
  const auto reply = cluster.ask(transport::StatusRequest{"all"})->take<transport::StatusReply>();
  REQUIRE(reply.size() == 1);
  CHECK(reply[0].nodes.size() == 1023);
}

}  // namespace
