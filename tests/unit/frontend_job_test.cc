#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <utility>

#include "frontend/nodemaster/job_table.h"
#include "sys/text.h"
#include "tests/unit/frontend_fixture.h"

namespace {

using namespace std::chrono_literals;
using transport::HeldState;
using transport::NodeNumber;
using transport::NodeState;
using transport::StreamName;

transport::Bytes bytes(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

// The command: keeps what it is sent.
struct Owner : frontend::JobOwner {
  std::vector<transport::Message> got;
  bool over = false;

  void send(const transport::Message& message) override { got.push_back(message); }
  void on_job_over() override { over = true; }

  template <class T> std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& message : got) {
      if (const T* wanted = std::get_if<T>(&message)) found.push_back(*wanted);
    }
    return found;
  }
  std::string output(std::uint32_t rank, StreamName stream = StreamName::output) const {
    std::string text;
    for (const auto& one : all<transport::RunOutput>()) {
      if (one.rank != rank || one.stream != stream) continue;
      text.append(reinterpret_cast<const char*>(one.data.data()), one.data.size());
    }
    return text;
  }
};

// Four nodes that are up.
struct Jobs {
  fakes::Kernel kernel;
  fakes::RecordedLinks links;
  frontend::NodeTable table{kernel.clock, kernel.log};
  frontend::ContentStore store;
  frontend::JobTable jobs{kernel.loop, table, links, store, 100};
  Owner owner;
  transport::RunRequest request{.program = "/bin/foo", .architecture = "x86_64", .arguments = {"foo"}};
  std::uint64_t number = 0;
  frontend::Job* job = nullptr;                                        // while it runs
  std::map<std::pair<std::uint32_t, StreamName>, std::uint64_t> said;  // bytes

  Jobs() {
    table.configure(fakes::some_nodes(4));
    for (NodeNumber node = 0; node < 4; ++node) {
      table.set_hello(node, fakes::hello_of(node, 1));
      table.set_up_done(node);
    }
  }
  frontend::Job* run(const std::vector<NodeNumber>& nodes) {
    const auto started = jobs.start(request, nodes, {1000, 100}, true, owner);
    REQUIRE(started);
    job = *started;
    number = job->number();
    kernel.loop.run_until_idle();
    return job;
  }
  void launched(NodeNumber node, std::uint32_t rank) {
    jobs.on_message(node, transport::Launched{.job = number, .rank = rank, .pid = 7});
  }
  void output(NodeNumber node, std::uint32_t rank, std::string_view text, StreamName stream = StreamName::output) {
    std::uint64_t& offset = said[{rank, stream}];
    jobs.on_message(node, transport::StreamOutput{number, rank, stream, offset, false, bytes(text)});
    offset += text.size();
  }
  void end_streams(NodeNumber node, std::uint32_t rank) {
    for (const StreamName stream : {StreamName::output, StreamName::error})
      jobs.on_message(node, transport::StreamOutput{number, rank, stream, said[{rank, stream}], true, {}});
    kernel.loop.run_until_idle();
  }
  // The command acknowledges what it has been told.
  void end(NodeNumber node, std::uint32_t rank, int status) {
    jobs.on_message(node, transport::ProcessEnd{.job = number, .rank = rank, .status = status});
    kernel.loop.run_until_idle();
    ack_ends();
  }
  void held(NodeNumber node, std::vector<transport::HeldProcess> processes) {
    jobs.on_message(node, transport::HeldProcesses{false, std::move(processes)});
    kernel.loop.run_until_idle();
  }
  void ack(std::vector<std::uint32_t> ranks) {
    if (job) job->on_ack({std::move(ranks)});
    kernel.loop.run_until_idle();
    if (owner.over) job = nullptr;
  }
  void ack_ends() {
    std::vector<std::uint32_t> ranks;
    for (const auto& end : owner.all<transport::RunEnd>())
      ranks.push_back(end.rank);
    ack(ranks);
  }
};

TEST_CASE("a program runs on each node, and each end is told") {
  Jobs at;
  at.run({1, 3});
  const auto started = at.owner.all<transport::RunStarted>();
  REQUIRE(started.size() == 1);
  CHECK(started[0].nodes == std::vector<NodeNumber>{1, 3});
  CHECK(started[0].names == std::vector<std::string>{"n1", "n3"});
  const auto launch = at.links.take<transport::Launch>(3);
  REQUIRE(launch.size() == 1);
  CHECK(launch[0].rank == 1);
  CHECK(launch[0].program == "/bin/foo");
  CHECK(launch[0].environment == std::vector<std::string>{"NODEINIT_NODE=3"});
  CHECK(launch[0].uid == 1000);
  CHECK(launch[0].gid == 100);
  CHECK(launch[0].output_credit == 256u << 10);
  at.launched(1, 0);
  at.launched(3, 1);
  at.output(1, 0, "out");
  at.output(1, 0, "err", StreamName::error);
  CHECK(at.owner.output(0) == "out");
  CHECK(at.owner.output(0, StreamName::error) == "err");
  at.end(1, 0, fakes::exited(7));
  CHECK(at.owner.all<transport::RunEnd>().empty());  // its output comes on another connection, and may still come
  at.output(1, 0, "!");
  at.end_streams(1, 0);
  REQUIRE(at.owner.all<transport::RunEnd>().size() == 1);
  CHECK(at.owner.output(0) == "out!");
  const auto end = at.owner.all<transport::RunEnd>()[0];
  CHECK(end.rank == 0);
  CHECK(end.started);
  CHECK(end.status == fakes::exited(7));
  CHECK_FALSE(at.owner.over);
  at.end_streams(3, 1);
  at.end(3, 1, fakes::killed_by(9));
  CHECK(at.owner.all<transport::RunEnd>()[1].status == fakes::killed_by(9));
  CHECK(at.owner.over);
  CHECK(at.jobs.running() == 0);
}

TEST_CASE("nodes that cannot run it are told apart from those that do") {
  Jobs at;
  at.table.set_state(0, NodeState::down, "no answer for 20 s");
  auto other = fakes::hello_of(2, 1);
  other.architecture = "aarch64";
  at.table.set_hello(2, other);
  at.links.away = {1};
  at.run({0, 1, 2, 3});
  const auto ends = at.owner.all<transport::RunEnd>();
  REQUIRE(ends.size() == 3);
  CHECK(ends[0].reason == "node is down: no answer for 20 s");
  CHECK_FALSE(ends[0].started);
  CHECK(ends[1].reason == "node is not connected");
  CHECK(ends[2].reason == "/bin/foo is a program for x86_64, the node is aarch64");
  CHECK(ends[2].code == ENOEXEC);
  CHECK(at.links.take<transport::Launch>(3).size() == 1);
  at.jobs.on_message(3, transport::Launched{.job = at.number, .rank = 3, .code = ENOENT, .reason = "no such program"});
  at.kernel.loop.run_until_idle();
  CHECK(at.owner.all<transport::RunEnd>()[3].code == ENOENT);
  at.ack_ends();
  CHECK(at.owner.over);
}

TEST_CASE("a job that nobody can run is over at once, from the loop") {
  Jobs at;
  at.table.set_state(0, NodeState::error, "step x: failed");
  at.run({0});
  CHECK_FALSE(at.owner.over);
  at.ack_ends();
  CHECK(at.owner.over);
  CHECK(at.owner.all<transport::RunEnd>()[0].reason == "node is error: step x: failed");
}

TEST_CASE("ranks of a lost node end with the reason when it is not back in time") {
  Jobs at;
  at.run({1, 3});
  at.launched(3, 1);
  at.output(3, 1, "last words");
  at.jobs.on_node_lost(3, "no answer for 20 s");
  CHECK(at.owner.output(1) == "last words");
  REQUIRE(at.owner.all<transport::RunContact>().size() == 1);
  CHECK(at.owner.all<transport::RunContact>()[0].rank == 1);
  CHECK(at.owner.all<transport::RunContact>()[0].away);
  CHECK(at.owner.all<transport::RunEnd>().empty());
  at.kernel.loop.advance(frontend::JobPatience{}.contact);
  const auto ends = at.owner.all<transport::RunEnd>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].rank == 1);
  CHECK(ends[0].started);
  CHECK(ends[0].reason == "node lost: no answer for 20 s");
  at.end(3, 1, 0);  // too late
  CHECK(at.owner.all<transport::RunEnd>().size() == 1);
  // When it is back, what it still runs is killed, and how that ends is forgotten once the command has acknowledged it.
  at.held(3, {{at.number, 1, 7, 1000, HeldState::running}});
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGKILL);
  at.ack({1});
  CHECK(at.links.take<transport::Forget>(3).size() == 1);
  at.end(3, 1, fakes::killed_by(9));
  CHECK(at.links.take<transport::Forget>(3).size() == 1);
}

TEST_CASE("a node that is back in time goes on, and hears what was said meanwhile") {
  Jobs at;
  frontend::Job* const job = at.run({1, 3});
  at.launched(1, 0);
  for (const NodeNumber node : {1u, 3u})
    at.jobs.on_node_lost(node, "cable cut");
  job->signal({.signal = SIGTERM});
  CHECK(at.links.take<transport::Signal>(1).empty());
  at.held(1, {{at.number, 0, 7, 1000, HeldState::running}});
  at.held(3, {{at.number, 1, 8, 1000, HeldState::running}});  // that it has started was lost on the way
  CHECK(at.links.take<transport::Signal>(1).at(0).signal == SIGTERM);
  CHECK(at.owner.all<transport::RunContact>().size() == 4);
  CHECK_FALSE(at.owner.all<transport::RunContact>()[3].away);
  at.kernel.loop.advance(2 * frontend::JobPatience{}.contact);
  CHECK(at.owner.all<transport::RunEnd>().empty());
  at.end_streams(3, 1);
  at.end(3, 1, 0);
  CHECK(at.owner.all<transport::RunEnd>().size() == 1);
}

TEST_CASE("a node that has rebooted, or was not told in time, does not hold the process") {
  Jobs at;
  at.run({1, 3});
  at.jobs.on_node_lost(1, "the node has rebooted");
  at.held(1, {});
  REQUIRE(at.owner.all<transport::RunEnd>().size() == 1);
  CHECK(at.owner.all<transport::RunEnd>()[0].reason ==
        "node lost: the node has rebooted; it is back without the process");
  at.held(3, {});  // sent before the launch arrived
  CHECK(at.owner.all<transport::RunEnd>().size() == 1);
  at.jobs.on_node_gone(3, "no more in the configuration");
  CHECK(at.owner.all<transport::RunEnd>().size() == 2);
}

TEST_CASE("a command that goes leaves no process waiting for a reader") {
  Jobs at;
  at.run({3});
  at.launched(3, 0);
  at.output(3, 0, std::string(256u << 10, 'x'));  // the whole window: nothing more will come
  CHECK(at.links.take<transport::StreamCredit>(3).empty());
  std::exchange(at.job, nullptr)->on_owner_gone();
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == 256u << 10);
}

TEST_CASE("output that nobody wants is taken, so that its process comes to an end") {
  Jobs at;
  at.run({3});
  at.jobs.on_node_gone(3, "gone");
  at.output(3, 0, "last words");
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == 10);
  at.held(3, {});
  at.jobs.on_message(3, transport::StreamOutput{4711, 7, StreamName::error, 5, false, bytes("x")});
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == 6);
}

TEST_CASE("what was to end an orphan is sent again when its node is back") {
  Jobs at;
  at.run({3});
  at.launched(3, 0);
  std::exchange(at.job, nullptr)->on_owner_gone();
  at.kernel.loop.advance(frontend::Job::mercy);
  static_cast<void>(at.links.take<transport::Signal>(3));  // into a cable that is cut, as is known later
  at.jobs.on_node_lost(3, "no answer");
  at.held(3, {{at.number, 0, 7, 1000, HeldState::running}});
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGKILL);
}

TEST_CASE("a node that leaves the configuration takes ranks along that wait for their ghosts") {
  Jobs at;
  at.request.ghosts = true;
  frontend::Job* const job = at.run({1, 3});
  at.jobs.on_node_gone(3, "no more in the configuration");
  CHECK(at.owner.all<transport::RunEnd>().size() == 1);
  at.table.configure(fakes::some_nodes(1));
  job->on_ghosts({0, {4711, 4712}});
  REQUIRE(at.owner.all<transport::RunEnd>().size() == 2);
  CHECK(at.owner.all<transport::RunEnd>()[1].reason == "node is no more in the configuration");
}

TEST_CASE("a node cannot take the number of a job that is still to come") {
  Jobs at;
  at.held(2, {{100, 3000, 7, 1000, HeldState::running}, {101, 0, 8, 1000, HeldState::running}});
  at.run({3});
  CHECK(at.number > 101);
  at.jobs.on_message(2, transport::Launched{.job = at.number, .rank = 3000, .pid = 9});
  at.launched(3, 0);
  CHECK(at.owner.all<transport::RunEnd>().empty());
}

TEST_CASE("a job is over when its command has acknowledged all ends, and nodes forget them then") {
  Jobs at;
  at.run({1});
  at.launched(1, 0);
  at.end_streams(1, 0);
  at.jobs.on_message(1, transport::ProcessEnd{.job = at.number, .rank = 0});
  at.kernel.loop.run_until_idle();
  CHECK(at.owner.all<transport::RunEnd>().size() == 1);
  CHECK_FALSE(at.owner.over);
  CHECK(at.links.take<transport::Forget>(1).empty());
  at.ack({0, 0, 99});
  CHECK(at.links.take<transport::Forget>(1).size() == 1);
  CHECK(at.owner.over);
  at.jobs.on_message(1, transport::ProcessEnd{.job = at.number, .rank = 0});  // again: the Forget was lost
  CHECK(at.links.take<transport::Forget>(1).size() == 1);
}

TEST_CASE("output that comes once more is passed on once, and its node hears what has been taken") {
  Jobs at;
  frontend::Job* const job = at.run({3});
  at.output(3, 0, "abcdef");
  job->on_credit({0, StreamName::output, 4});
  CHECK(at.links.take<transport::StreamCredit>(3).size() == 1);
  at.jobs.on_message(3, transport::StreamOutput{at.number, 0, StreamName::output, 2, false, bytes("cdef")});
  CHECK(at.owner.all<transport::RunOutput>().size() == 1);
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == 4);
  at.jobs.on_message(3, transport::StreamOutput{at.number, 0, StreamName::output, 4, false, bytes("efgh")});
  REQUIRE(at.owner.all<transport::RunOutput>().size() == 2);
  CHECK(at.owner.all<transport::RunOutput>()[1].offset == 6);
}

TEST_CASE("a node gets credit for what the command has taken, once") {
  Jobs at;
  frontend::Job* job = at.run({1, 3});
  const std::uint32_t credit = at.links.take<transport::Launch>(3)[0].output_credit;
  CHECK(at.owner.all<transport::RunStarted>()[0].output_credit == credit);
  at.output(3, 1, std::string(credit, 'x'));
  CHECK(at.links.take<transport::StreamCredit>(3).empty());
  job->on_credit({1, StreamName::output, credit / 2});
  job->on_credit({1, StreamName::output, credit / 2});
  job->on_credit({1, StreamName::output, 1});
  job->on_credit({1, StreamName::input, credit});
  job->on_credit({7, StreamName::output, credit});
  const auto credits = at.links.take<transport::StreamCredit>(3);
  REQUIRE(credits.size() == 1);
  CHECK(credits[0].rank == 1);
  CHECK(credits[0].taken == credit / 2);
  CHECK(at.links.take<transport::StreamCredit>(1).empty());
  at.output(3, 1, std::string(credit / 2, 'x'));
  CHECK(at.owner.output(1).size() == credit + credit / 2);
  CHECK(at.owner.all<transport::RunOutput>()[1].offset == credit);
}

TEST_CASE("a node that sends beyond its credit is not followed") {
  Jobs at;
  at.run({3});
  const std::string much(300u << 10, 'x');
  at.output(3, 0, much);
  const auto ends = at.owner.all<transport::RunEnd>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].reason.find("more output than it had credit for") != std::string::npos);
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGKILL);
}

TEST_CASE("many ranks share the memory that output may take") {
  Jobs at;
  at.table.configure(fakes::some_nodes(1023));
  std::vector<NodeNumber> nodes;
  for (NodeNumber node = 0; node < 1023; ++node) {
    at.table.set_hello(node, fakes::hello_of(node, 1));
    at.table.set_up_done(node);
    nodes.push_back(node);
  }
  at.run(nodes);
  const std::uint64_t credit = at.links.take<transport::Launch>(1000)[0].output_credit;
  CHECK(credit >= frontend::Job::least_credit);
  CHECK(credit * 2 * nodes.size() <= frontend::Job::credit_of_all);
}

TEST_CASE("signals reach what still runs; a command that goes takes its job along") {
  Jobs at;
  frontend::Job* job = at.run({1, 3});
  at.end_streams(1, 0);
  at.end(1, 0, 0);
  job->signal({SIGINT});
  CHECK(at.links.take<transport::Signal>(1).empty());
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGINT);
  std::exchange(at.job, nullptr)->on_owner_gone();
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGHUP);
  const std::string piece(200u << 10, 'x');
  at.output(3, 1, piece);  // nobody reads it, and nobody is held up by that
  CHECK(at.links.take<transport::StreamCredit>(3).size() == 1);
  at.kernel.loop.advance(6s);
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGKILL);
  at.end_streams(3, 1);
  at.end(3, 1, fakes::killed_by(9));
  CHECK(at.jobs.running() == 0);
  CHECK_FALSE(at.owner.over);
}

TEST_CASE("what others say about a rank is not believed") {
  Jobs at;
  at.run({1, 3});
  at.output(1, 1, "I am not rank 1");
  at.output(2, 0, "nor am I in the job");
  at.jobs.on_message(1, transport::StreamOutput{at.number + 1, 0, StreamName::output, 0, false, bytes("x")});
  at.jobs.on_message(1, transport::ProcessEnd{.job = at.number, .rank = 99});
  CHECK(at.owner.all<transport::RunOutput>().empty());
  CHECK(at.owner.all<transport::RunEnd>().empty());
}

TEST_CASE("requests that cannot be meant are refused") {
  Jobs at;
  at.request.program = "foo";
  CHECK_FALSE(at.jobs.start(at.request, {1}, {}, true, at.owner));
  at.request.program = "/bin/foo";
  at.request.files = {{"/bin/foo", {}, 0755}};
  CHECK_FALSE(at.jobs.start(at.request, {1}, {}, true, at.owner));
  at.request.sources = {"relative"};
  CHECK_FALSE(at.jobs.start(at.request, {1}, {}, true, at.owner));
  at.request.sources = {"/bin/foo"};
  const auto job = at.jobs.start(at.request, {1}, {}, true, at.owner);
  REQUIRE(job);
  CHECK(at.store.size() == 1);
  at.jobs.on_node_gone(1, "gone");
  job.value()->on_ack({{0}});
  at.kernel.loop.run_until_idle();
  CHECK(at.store.size() == 0);
}

TEST_CASE("with ghosts, nothing is launched before their pids are there, and ranks have them") {
  Jobs at;
  at.request.ghosts = true;
  frontend::Job* const job = at.run({1, 3});
  CHECK(at.links.take<transport::Launch>(1).empty());
  job->on_ghosts({0, {4711, 4712, 4713}});  // one too many
  CHECK(at.links.take<transport::Launch>(1).at(0).pid == 4711);
  CHECK(at.links.take<transport::Launch>(3).at(0).pid == 4712);
  job->on_ghosts({1, {4714}});  // nobody has asked for it
  job->on_ghosts({7, {4714}});
  CHECK(at.links.take<transport::Launch>(3).empty());
}

TEST_CASE("a pid that is taken on the node is asked for anew") {
  Jobs at;
  at.request.ghosts = true;
  frontend::Job* const job = at.run({1});
  job->on_ghosts({0, {4711}});
  static_cast<void>(at.links.take<transport::Launch>(1));
  at.jobs.on_message(1, transport::Launched{.job = at.number, .rank = 0, .code = EADDRINUSE, .reason = "taken"});
  REQUIRE(at.owner.all<transport::RunGhostWanted>().size() == 1);
  CHECK(at.owner.all<transport::RunEnd>().empty());
  job->on_ghosts({0, {0}});  // any: then this is an error as others are
  CHECK(at.links.take<transport::Launch>(1).at(0).pid == 0);
  at.jobs.on_message(1, transport::Launched{.job = at.number, .rank = 0, .code = EADDRINUSE, .reason = "taken"});
  CHECK(at.owner.all<transport::RunEnd>().size() == 1);
}

TEST_CASE("a rank whose ghost is still to come can be cancelled, and goes with its command") {
  Jobs at;
  at.request.ghosts = true;
  frontend::Job* const job = at.run({1, 3});
  job->signal({.signal = SIGUSR1, .rank = 1});
  CHECK(at.owner.all<transport::RunEnd>().empty());
  job->signal({.signal = SIGTERM, .rank = 1});
  REQUIRE(at.owner.all<transport::RunEnd>().size() == 1);
  CHECK(at.owner.all<transport::RunEnd>()[0].rank == 1);
  job->on_owner_gone();
  at.kernel.loop.run_until_idle();
  CHECK(at.jobs.running() == 0);
}

TEST_CASE("a rank that is to get input but is not there is refused") {
  Jobs at;
  at.request.input = 1;
  const auto job = at.jobs.start(at.request, {1}, {1000, 100}, true, at.owner);
  REQUIRE_FALSE(job);
  CHECK(job.error().text().find("no rank 1 to get the input") != std::string::npos);
}

TEST_CASE("a terminal is for one node, and has the size that the command's has now") {
  Jobs at;
  at.request.terminal = true;
  at.request.window = {24, 80};
  CHECK_FALSE(at.jobs.start(at.request, {1, 3}, {1000, 100}, true, at.owner));
  frontend::Job* const job = at.run({3});
  const auto launch = at.links.take<transport::Launch>(3);
  REQUIRE(launch.size() == 1);
  CHECK(launch[0].terminal);
  CHECK(launch[0].window.columns == 80);
  at.launched(3, 0);
  job->resize({{30, 90}});
  const auto resize = at.links.take<transport::Resize>(3);
  REQUIRE(resize.size() == 1);
  CHECK(resize[0].job == at.number);
  CHECK(resize[0].window.rows == 30);
  at.end_streams(3, 0);
  job->resize({{31, 91}});
  CHECK(at.links.take<transport::Resize>(3).size() == 1);
}

TEST_CASE("a rank that waits for its ghost has the newest size of its terminal") {
  Jobs waiting;
  waiting.request.terminal = waiting.request.ghosts = true;
  frontend::Job* const other = waiting.run({3});
  other->resize({{30, 90}});
  CHECK(waiting.links.take<transport::Resize>(3).empty());
  other->on_ghosts({0, {7}});
  CHECK(waiting.links.take<transport::Launch>(3)[0].window.columns == 90);
}

TEST_CASE("input goes to the ranks that are to get it, until they are over") {
  Jobs at;
  at.request.input = 1;
  frontend::Job* const job = at.run({1, 3});
  CHECK_FALSE(at.links.take<transport::Launch>(1)[0].input);
  CHECK(at.links.take<transport::Launch>(3)[0].input);
  at.launched(3, 1);
  at.jobs.on_message(3, transport::InputCredit{.job = at.number, .rank = 1, .again = true});
  CHECK(job->on_input({0, false, bytes("text")}));
  CHECK(at.links.take<transport::StreamInput>(1).empty());
  const auto input = at.links.take<transport::StreamInput>(3);
  REQUIRE(input.size() == 1);
  CHECK(input[0].job == at.number);
  CHECK(input[0].rank == 1);
  CHECK(input[0].data == bytes("text"));
  at.end_streams(3, 1);
  at.end(3, 1, fakes::exited(0));
  const auto credits = at.owner.all<transport::RunInputCredit>();
  REQUIRE(credits.size() == 1);
  CHECK(credits[0].end);
  at.jobs.on_message(3, transport::InputCredit{.job = at.number, .rank = 1, .again = true});
  CHECK(at.links.take<transport::StreamInput>(3).empty());
}

TEST_CASE("signals go to the rank that they are for, as they are") {
  Jobs at;
  frontend::Job* const job = at.run({1, 3});
  at.launched(1, 0);
  at.launched(3, 1);
  job->signal({.signal = 34, .rank = 1, .group = false, .queued = true, .value = -5});
  CHECK(at.links.take<transport::Signal>(1).empty());
  const auto signals = at.links.take<transport::Signal>(3);
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].signal == 34);
  CHECK_FALSE(signals[0].group);
  CHECK(signals[0].queued);
  CHECK(signals[0].value == -5);
}

TEST_CASE("a rank that stops is told of, once it runs") {
  Jobs at;
  at.run({1});
  at.jobs.on_message(1, transport::ProcessState{at.number, 0, 0x137f});
  CHECK(at.owner.all<transport::RunState>().empty());
  at.launched(1, 0);
  at.jobs.on_message(1, transport::ProcessState{at.number, 0, 0x137f});
  at.jobs.on_message(3, transport::ProcessState{at.number, 0, 0xffff});  // not its node
  REQUIRE(at.owner.all<transport::RunState>().size() == 1);
  CHECK(at.owner.all<transport::RunState>()[0].status == 0x137f);
}

}  // namespace

TEST_CASE("what a rank has started is told, and signals for it go to its node") {
  Jobs at;
  at.request.ghosts = true;
  at.run({1, 3});
  at.job->on_ghosts({0, {4711, 4712}});
  CHECK(at.links.take<transport::Launch>(3).at(0).follow);
  at.launched(3, 1);
  at.jobs.on_message(3, transport::JobProcesses{at.number, 1, true, {{4713, true, "sleep"}}});
  at.jobs.on_message(1, transport::JobProcesses{at.number, 1, false, {}});  // not its rank
  const auto told = at.owner.all<transport::RunProcesses>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].rank == 1);
  CHECK(told[0].more);
  CHECK(told[0].processes.at(0).name == "sleep");
  at.job->signal_process({1, 4713, SIGUSR1});
  const auto kill = at.links.take<transport::KillProcess>(3);
  REQUIRE(kill.size() == 1);
  CHECK(kill[0].pid == 4713);
  CHECK(kill[0].signal == SIGUSR1);
  CHECK(kill[0].uid == 1000);
  at.job->signal_process({7, 4713, SIGUSR1});
  CHECK(at.links.take<transport::KillProcess>(3).empty());
}

TEST_CASE("what is not as the caller has it is said once") {
  Jobs at;
  at.run({1});
  for (int i = 0; i < 2; ++i)
    at.jobs.on_message(1, transport::Launched{.job = at.number, .pid = 7, .reason = "starts in /\x1b"});
  REQUIRE(at.owner.all<transport::RunLaunched>().size() == 1);
  CHECK(at.owner.all<transport::RunLaunched>()[0].pid == 7);
  REQUIRE(at.owner.all<transport::RunNotice>().size() == 1);
  CHECK(at.owner.all<transport::RunNotice>()[0].text == sys::printable("starts in /\x1b"));
}

TEST_CASE("a user who has many jobs leaves room for others") {
  Jobs at;
  for (std::size_t i = 0; i < frontend::JobTable::max_jobs_of_user; ++i)
    REQUIRE(at.jobs.start(at.request, {1}, {1000, 100}, true, at.owner));
  CHECK(at.jobs.start(at.request, {1}, {1000, 100}, true, at.owner).error().text() ==
        "you have 300 jobs already; wait for one to end");
  CHECK(at.jobs.start(at.request, {1}, {1001, 100}, true, at.owner));
}

TEST_CASE("a launch that a node cannot be sent ends its rank alone") {
  Jobs at;
  at.links.refuses = EAGAIN;
  at.run({1, 2});
  const auto ends = at.owner.all<transport::RunEnd>();
  REQUIRE(ends.size() == 2);
  CHECK((ends[0].code == EAGAIN && ends[0].reason == "no" && !ends[0].started));
  at.ack_ends();
  CHECK(at.links.take<transport::Forget>(1).empty());  // it knows of nothing
  CHECK(at.jobs.running() == 0);
}

TEST_CASE("what a launch has besides its request counts in what a message holds") {
  Jobs at;
  at.request.environment = std::vector<std::string>(65536, "A=1");
  const auto refused = at.jobs.start(at.request, {1}, {1000, 100}, true, at.owner);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("too many arguments, variables or files") != std::string::npos);
  at.request.environment.pop_back();
  CHECK(at.jobs.start(at.request, {1}, {1000, 100}, true, at.owner));
}

TEST_CASE("what a user's launches hold until nodes have them is bounded, an admin's is not") {
  Jobs at;
  at.request.ghosts = true;  // they wait for their pids
  at.request.arguments = std::vector<std::string>(60, std::string(65000, 'x'));
  const auto start = [&](bool trusted, std::uint32_t uid) {
    return at.jobs.start(at.request, {0, 1, 2, 3}, {uid, 100}, trusted, at.owner);
  };
  std::size_t jobs = 0;
  while (start(false, 1000))
    REQUIRE(++jobs < 100);
  CHECK(jobs == frontend::JobTable::max_launches_of_user / (4 * 60 * 65000));
  CHECK(start(false, 1000).error().text().find("of 256 MiB that may be on their way") != std::string::npos);
  CHECK(start(false, 1001));
  CHECK(start(true, 1000));
}

TEST_CASE("of output that comes once more the command gets what it does not have") {
  Jobs at;
  at.run({1});
  at.launched(1, 0);
  at.output(1, 0, "abc");
  at.jobs.on_message(1, transport::StreamOutput{at.number, 0, StreamName::output, 1, false, bytes("bcdef")});
  CHECK(at.owner.output(0) == "abcdef");
  CHECK(at.owner.all<transport::RunOutput>().back().offset == 3);
}

TEST_CASE("only what admins start takes the place of what nodes have from elsewhere") {
  Jobs at;
  REQUIRE(at.jobs.start(at.request, {1}, {1000, 100}, true, at.owner));
  REQUIRE(at.jobs.start(at.request, {1}, {1000, 100}, false, at.owner));
  const auto launches = at.links.take<transport::Launch>(1);
  REQUIRE(launches.size() == 2);
  CHECK(launches[0].may_replace);
  CHECK_FALSE(launches[1].may_replace);
}
