// kill and ps: what nodemaster asks nodes, and what comes of the answers.
#include <doctest/doctest.h>

#include <cerrno>

#include "frontend/nodectl/ps_text.h"
#include "frontend/nodectl/signal_names.h"
#include "tests/unit/frontend_cluster.h"

namespace {

using namespace fakes;
using transport::KilledProcesses;
using transport::KillJob;
using transport::KillProcess;
using transport::KillRequest;
using transport::NodeResult;

// The number that the node has to repeat: this cluster asks one question after the other.
struct Killing : Guarded {
  std::unique_ptr<Caller> node = bring_up(3);
  std::uint64_t question = 0;

  // A command whose request has come to the node as a Question.
  template <class Question>
  std::unique_ptr<Caller> asks(const FakeSockets::Process& who, const transport::Message& request, Question& got) {
    auto command = ask_as(who, request);
    const auto asked = node->take<Question>();
    REQUIRE(asked.size() == 1);
    got = asked[0];
    ++question;
    return command;
  }
  void answer(const transport::Message& message) {
    node->send(message, question);
    turn();
  }
};

TEST_CASE("kill: a process on a node, for root anybody's") {
  Killing cluster;
  KillProcess got;
  const auto command = cluster.asks(root, KillRequest{.pid = 44, .nodes = "3", .signal = 15}, got);
  CHECK((got.pid == 44 && got.signal == 15 && got.uid == 0));
  CHECK(command->take<transport::Done>().empty());
  cluster.answer(KilledProcesses{1, 0});
  const auto results = command->take<NodeResult>();
  REQUIRE(results.size() == 1);
  CHECK((results[0].node == 3 && results[0].succeeded));
  CHECK(command->take<transport::Done>().size() == 1);
}

TEST_CASE("kill: for others only their own, as the node finds") {
  Killing cluster;
  KillProcess got;
  const auto command = cluster.asks(user, KillRequest{.pid = 44, .nodes = "3", .signal = 15}, got);
  CHECK(got.uid == 1000);
  cluster.answer(KilledProcesses{0, EPERM});
  const auto results = command->take<NodeResult>();
  REQUIRE(results.size() == 1);
  CHECK_FALSE(results[0].succeeded);
  CHECK(results[0].reason == "process 44 is somebody else's");
  CHECK(cluster.refused("permission") == 1);
  CHECK(cluster.kernel.logged("process 77 of uid 1000: permission denied: process 44 of node 3 is somebody else's") ==
        1);
}

TEST_CASE("kill: a job of somebody else's is refused, counted and logged") {
  Killing cluster;
  const auto running = cluster.ask_as(root, transport::RunRequest{.nodes = "3", .program = "/bin/foo"});
  const auto started = running->take<transport::RunStarted>();
  REQUIRE(started.size() == 1);
  const auto command = cluster.ask_as(user, KillRequest{.job = started[0].job, .signal = 9});
  CHECK(cluster.failure_of(*command).find("permission denied: job ") == 0);
  CHECK(cluster.refused("permission") == 1);
  CHECK(cluster.kernel.logged("process 77 of uid 1000: permission denied: job ") == 1);
}

TEST_CASE("kill: what the kernel refuses to root is nobody's lack of permission") {
  Killing cluster;
  KillProcess got;
  const auto command = cluster.asks(root, KillRequest{.pid = 44, .nodes = "3", .signal = 15}, got);
  cluster.answer(KilledProcesses{0, EPERM});
  CHECK(cluster.refused("permission") == 0);
}

TEST_CASE("kill: an admin signals what a job that is over has left, anywhere; others do not") {
  Killing cluster;
  CHECK(cluster.failure_of(*cluster.ask_as(user, KillRequest{.job = 7, .signal = 9})) == "no job 7 runs");
  KillJob got;
  const auto command = cluster.asks(admin, KillRequest{.job = 7, .signal = 9}, got);
  CHECK((got.job == 7 && got.signal == 9));
  cluster.answer(KilledProcesses{3, 0});
  const auto results = command->take<NodeResult>();
  REQUIRE(results.size() == 1);
  CHECK(results[0].reason == "3 processes");
}

TEST_CASE("kill: a job of which nothing is left, a node that does not answer, one that goes") {
  Killing cluster;
  KillJob got;
  const auto command = cluster.asks(root, KillRequest{.job = 7, .signal = 9}, got);
  SUBCASE("nothing") {
    cluster.answer(KilledProcesses{0, ESRCH});
    CHECK(cluster.failure_of(*command) == "no process of job 7 is left");
  }
  SUBCASE("gone") {
    cluster.node->hang_up();
    cluster.turn();
    const auto results = command->take<NodeResult>();
    REQUIRE(results.size() == 1);
    CHECK(results[0].reason.starts_with("node lost: "));
    CHECK(command->take<transport::Done>().size() == 1);
  }
  SUBCASE("the command goes first") {
    command->hang_up();
    cluster.turn();
    cluster.answer(KilledProcesses{1, 0});
  }
}

TEST_CASE("kill: a node that is named and cannot be asked is told of") {
  Killing cluster;
  KillJob got;
  const auto command = cluster.asks(root, KillRequest{.job = 7, .nodes = "1,3", .signal = 9}, got);
  cluster.answer(KilledProcesses{3, 0});
  const auto results = command->take<NodeResult>();
  REQUIRE(results.size() == 2);
  CHECK((results[0].node == 1 && results[0].reason == "not connected"));
  CHECK(results[1].succeeded);
}

TEST_CASE("kill: what cannot be asked") {
  Killing cluster;
  CHECK(cluster.failure_of(*cluster.ask_as(root, KillRequest{})) == "name a job or a process");
  CHECK(cluster.failure_of(*cluster.ask_as(root, KillRequest{.job = 7, .signal = 65})) == "there is no signal 65");
  CHECK(cluster.failure_of(*cluster.ask_as(root, KillRequest{.pid = 44, .signal = 9})) ==
        "44: no job has a process of this pid on its list; name its node as well: n3:44");
  const auto command = cluster.ask_as(root, KillRequest{.pid = 44, .nodes = "1", .signal = 9});
  const auto results = command->take<NodeResult>();
  REQUIRE(results.size() == 1);
  CHECK(results[0].reason == "not connected");
}

TEST_CASE("ps: each node's processes, in parts, and who does not answer") {
  Killing cluster;
  transport::ListProcesses got;
  const auto command = cluster.asks(user, transport::PsRequest{"2-3"}, got);
  CHECK(got.job == 0);
  cluster.answer(transport::ProcessList{true, {}, {{.pid = 5, .command = "a"}}});
  cluster.answer(transport::ProcessList{false, "cut", {{.pid = 6, .command = "b"}}});
  const auto replies = command->take<transport::PsReply>();
  REQUIRE(replies.size() == 2);
  CHECK((replies[1].node == 3 && replies[1].processes.at(0).pid == 6));
  const auto results = command->take<NodeResult>();
  REQUIRE(results.size() == 2);
  CHECK((results[0].node == 2 && results[0].reason == "not connected"));
  CHECK((results[1].node == 3 && results[1].reason == "cut"));
  CHECK(command->take<transport::Done>().size() == 1);
}

TEST_CASE("ps: a node that lists without end is heard no longer") {
  Killing cluster;
  transport::ListProcesses got;
  const auto command = cluster.asks(user, transport::PsRequest{"3"}, got);
  const transport::ProcessList part{true, {}, std::vector<transport::ProcessEntry>(1000, {.pid = 5, .command = "a"})};
  for (int i = 0; i < 20; ++i)
    cluster.answer(part);
  CHECK(command->take<transport::PsReply>().size() == 8);
  const auto results = command->take<NodeResult>();
  REQUIRE(results.size() == 1);
  CHECK(results[0].reason == "it lists more processes than a node can have");
  CHECK(command->take<transport::Done>().size() == 1);
}

TEST_CASE("ps: a table by node, job, rank and pid") {
  const transport::ProcessEntry rank = {.pid = 50,
                                        .parent = 1,
                                        .job = 7,
                                        .rank = 0,
                                        .uid = 4000000,
                                        .state = 'S',
                                        .cpu_us = 3'723'000'000,
                                        .resident_bytes = 64u << 20,
                                        .command = "sleep\n1"};
  const transport::ProcessEntry service = {.pid = 9, .parent = 1, .uid = 4000000, .command = "[x]"};
  CHECK(frontend::ps_table({{4, "n4", {rank}}, {3, "n3", {rank, service}}}) ==
        "NODE  JOB  RANK  PID  PPID  USER     STATE  CPU-TIME  MEMORY  COMMAND\n"
        "n3    -    -     9    1     4000000  ?      0:00      0K      [x]\n"
        "n3    7    0     50   1     4000000  S      1:02:03   64M     sleep\\x0a1\n"
        "n4    7    0     50   1     4000000  S      1:02:03   64M     sleep\\x0a1\n");
}

TEST_CASE("signals as people type them") {
  using frontend::parse_signal;
  CHECK(parse_signal("9") == 9);
  CHECK(parse_signal("KILL") == 9);
  CHECK(parse_signal("SIGTERM") == 15);
  CHECK(parse_signal("usr1") == 10);
  CHECK(parse_signal("0") == 0);
  for (const char* wrong : {"", "65", "-1", "SIG", "TERMS", "SIG9"})
    CHECK_FALSE(parse_signal(wrong));
}

}  // namespace
