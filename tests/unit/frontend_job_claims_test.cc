// Jobs that nodes hold from an earlier nodemaster, and the commands that want them back.
#include <doctest/doctest.h>

#include <csignal>

#include "frontend/nodemaster/job_table.h"
#include "tests/unit/frontend_fixture.h"

namespace {

using namespace std::chrono_literals;
using transport::HeldProcess;
using transport::HeldState;
using transport::NodeNumber;
using transport::StreamName;

constexpr std::uint64_t earlier = 7;  // a job that this nodemaster has not begun
constexpr std::uint32_t user = 1000;

struct Command final : frontend::JobOwner {
  std::vector<transport::Message> got;
  bool over = false;
  frontend::Job* job = nullptr;
  std::string refused;

  void send(const transport::Message& message) override { got.push_back(message); }
  void on_job_over() override { over = true; }
  template <class T> std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& message : got)
      if (const T* wanted = std::get_if<T>(&message)) found.push_back(*wanted);
    return found;
  }
};

// Four nodes that are up, and a nodemaster that has just been started.
struct Restarted {
  fakes::Kernel kernel;
  fakes::RecordedLinks links;
  frontend::NodeTable table{kernel.clock, kernel.log};
  frontend::ContentStore store;
  frontend::JobTable jobs{kernel.loop, table, links, store, 100};
  Command command;

  Restarted() {
    table.configure(fakes::some_nodes(4));
    for (NodeNumber node = 0; node < 4; ++node) {
      table.set_hello(node, fakes::hello_of(node, 1));
      table.set_up_done(node);
    }
  }
  void held(NodeNumber node, std::vector<HeldProcess> processes) {
    jobs.on_message(node, transport::HeldProcesses{false, std::move(processes)});
    kernel.loop.run_until_idle();
  }
  void attach(Command& who, transport::RunAttach request, std::uint32_t uid = user) {
    if (request.taken.empty()) request.taken.resize(2 * request.nodes.size());
    jobs.attach({.attach = std::move(request),
                 .caller = {uid, 100, {}},
                 .owner = &who,
                 .granted = [&who](frontend::Job& job) { who.job = &job; },
                 .refused = [&who](const sys::Error& why) { who.refused = why.text(); }});
    kernel.loop.run_until_idle();
  }
  void output(NodeNumber node, std::uint32_t rank, std::uint64_t offset, std::size_t size, bool end = false) {
    jobs.on_message(node,
                    transport::StreamOutput{earlier, rank, StreamName::output, offset, end, transport::Bytes(size)});
  }
};

HeldProcess runs(std::uint32_t rank) { return {earlier, rank, 4711, user, HeldState::running}; }

}  // namespace

TEST_CASE("claims: what a job says before its command is there waits for it") {
  Restarted at;
  at.held(3, {runs(1)});
  at.jobs.on_message(3, transport::JobProcesses{earlier, 1, false, {{.pid = 4712, .name = "old"}}});
  at.jobs.on_message(3, transport::JobProcesses{earlier, 1, false, {{.pid = 4713, .name = "new"}}});
  at.jobs.on_message(3, transport::ProcessState{earlier, 1, 0x137f});
  at.held(2, {runs(0)});
  at.jobs.on_message(2, transport::Launched{.job = earlier, .rank = 0, .code = ENOENT, .reason = "no"});
  CHECK(at.links.take<transport::Forget>(2).empty());
  at.attach(at.command, {.job = earlier, .nodes = {2, 3}, .taken = {0, 0, 550, 0}});
  REQUIRE(at.command.job != nullptr);
  REQUIRE(at.command.all<transport::RunProcesses>().size() == 1);
  CHECK(at.command.all<transport::RunProcesses>()[0].processes.at(0).name == "new");
  REQUIRE(at.command.all<transport::RunEnd>().size() == 1);
  CHECK(at.command.all<transport::RunEnd>()[0].code == ENOENT);
  CHECK(at.command.all<transport::RunState>().at(0).rank == 1);
  at.command.job->on_ack({{0}});
  CHECK(at.links.take<transport::Forget>(2).size() == 1);
  CHECK_FALSE(at.command.over);
}

TEST_CASE("claims: a stream that has come far goes on where it was, and its node hears what had been taken") {
  Restarted at;
  at.held(3, {runs(0)});
  constexpr std::uint64_t far = 10u << 20;
  at.output(3, 0, far, 256u << 10);  // nothing of it is kept
  CHECK(at.links.take<transport::StreamCredit>(3).empty());
  at.attach(at.command, {.job = earlier, .nodes = {3}, .taken = {far + 5000, 0}});
  CHECK(at.command.all<transport::RunStarted>().at(0).job == earlier);
  CHECK(at.command.all<transport::RunOutput>().empty());
  const auto wanted = at.links.take<transport::StreamCredit>(3);
  REQUIRE(wanted.size() == 2);
  CHECK(wanted[0].taken == far + 5000);
  CHECK(wanted[0].again);
  CHECK(wanted[1].stream == StreamName::error);
  CHECK(wanted[1].again);
  at.output(3, 0, far, 256u << 10);
  CHECK(at.command.all<transport::RunOutput>().size() == 1);
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == far + 5000);
  at.command.job->on_credit({0, StreamName::output, far + (256u << 10)});
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == far + (256u << 10));
}

TEST_CASE("claims: output that overtakes a node's report is wanted again") {
  Restarted at;
  at.output(3, 0, 0, 10);
  at.output(3, 0, 10, 0, true);
  CHECK(at.links.take<transport::StreamCredit>(3).empty());
  at.held(3, {runs(0)});
  at.attach(at.command, {.job = earlier, .nodes = {3}});
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).again);
}

TEST_CASE("claims: what a job says that nobody claims in time is taken, so that it can end") {
  Restarted at;
  at.held(3, {runs(0)});
  at.output(3, 0, 4096, 256u << 10);
  at.kernel.loop.advance(61s);
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGHUP);
  const auto wanted = at.links.take<transport::StreamCredit>(3);
  REQUIRE(wanted.size() == 2);
  CHECK(wanted[0].again);
  at.output(3, 0, 4096, 256u << 10);
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == 4096 + (256u << 10));
}

TEST_CASE("claims: where nodes disagree whose a job is, neither's process is touched") {
  Restarted at;
  at.held(3, {{earlier, 0, 4711, user + 1, HeldState::running}});
  at.held(2, {runs(1)});
  CHECK(at.links.take<transport::Signal>(2).empty());
  CHECK(at.links.take<transport::Signal>(3).empty());
}

TEST_CASE("claims: a node that is lost and back before the command is there goes on") {
  Restarted at;
  at.held(3, {runs(0)});
  at.jobs.on_node_lost(3, "cable cut");
  at.held(3, {runs(0)});
  at.attach(at.command, {.job = earlier, .nodes = {3}});
  at.kernel.loop.advance(2min);
  CHECK(at.command.all<transport::RunEnd>().empty());
}

TEST_CASE("claims: a process that nobody can want any more is killed") {
  Restarted at;
  at.held(3, {runs(0)});
  at.attach(at.command, {.job = earlier, .nodes = {3}});
  at.held(2, {runs(5)});  // not of this job, as its command has it
  CHECK(at.links.take<transport::Signal>(2).at(0).signal == SIGKILL);
  CHECK(at.links.take<transport::StreamCredit>(2).size() == 2);  // what it has said already is to be said again
  at.jobs.on_message(2, transport::ProcessEnd{.job = earlier, .rank = 5});
  CHECK(at.links.take<transport::Forget>(2).size() == 1);
}

TEST_CASE("claims: a command says how far it has read, within reason") {
  Restarted at;
  at.held(3, {runs(0)});
  for (const std::vector<std::uint64_t>& taken : {std::vector<std::uint64_t>{1}, {~std::uint64_t{0}, 0}}) {
    at.command.refused.clear();
    at.attach(at.command, {.job = earlier, .nodes = {3}, .taken = taken});
    CHECK(at.command.refused == "the command does not say how far it has read");
  }
}

TEST_CASE("claims: a command waits for the first node that knows its job, and then for the others") {
  Restarted at;
  at.attach(at.command, {.job = earlier, .nodes = {1, 2, 3}});
  CHECK(at.command.job == nullptr);
  at.held(3, {});  // it has forgotten, or never heard of it
  at.held(1, {runs(0)});
  REQUIRE(at.command.job != nullptr);
  REQUIRE(at.command.all<transport::RunEnd>().size() == 1);
  CHECK(at.command.all<transport::RunEnd>()[0].rank == 2);
  CHECK(at.command.all<transport::RunContact>().at(0).rank == 1);
  at.held(2, {runs(1)});
  CHECK_FALSE(at.command.all<transport::RunContact>().at(1).away);
  at.kernel.loop.advance(2min);
  CHECK(at.command.all<transport::RunEnd>().size() == 1);
}

TEST_CASE("claims: an end that the command has heard of is forgotten") {
  Restarted at;
  at.held(3, {{earlier, 0, 0, user, HeldState::over}});
  at.jobs.on_message(3, transport::ProcessEnd{.job = earlier, .rank = 0});
  at.attach(at.command, {.job = earlier, .nodes = {3}, .over = {0}});
  CHECK(at.links.take<transport::Forget>(3).size() == 1);
  CHECK(at.command.all<transport::RunEnd>().empty());
  CHECK(at.command.over);
}

TEST_CASE("claims: nobody gets somebody else's job, nor one that has its command, nor another one") {
  Restarted at;
  Command thief;
  at.attach(thief, {.job = earlier, .nodes = {3}}, 1001);  // early
  at.held(3, {runs(0)});
  CHECK(thief.job == nullptr);
  Command late;
  at.attach(late, {.job = earlier, .nodes = {3}}, 1001);
  CHECK(late.refused == "job 7 is somebody else's");
  at.attach(late, {.job = earlier, .nodes = {2}});
  CHECK(late.refused == "job 7 runs on other nodes");
  at.attach(at.command, {.job = earlier, .nodes = {3}});
  CHECK(at.command.job != nullptr);
  at.attach(late, {.job = earlier, .nodes = {3}});
  CHECK(late.refused == "job 7 has its command already");
  at.kernel.loop.advance(2min);
  CHECK(thief.refused == "no node has said within 60 s that it has processes of job 7");
}

TEST_CASE("claims: a command that goes while it waits is not called any more") {
  Restarted at;
  at.attach(at.command, {.job = earlier, .nodes = {3}});
  at.jobs.drop_claim(at.command);
  at.held(3, {runs(0)});
  at.kernel.loop.advance(2min);
  CHECK(at.command.job == nullptr);
  CHECK(at.command.refused.empty());
}

TEST_CASE("claims: a job that nobody claims goes as if its command had gone") {
  Restarted at;
  at.held(3, {runs(0)});
  at.output(3, 0, 0, 1000);
  CHECK(at.links.take<transport::Signal>(3).empty());
  at.kernel.loop.advance(frontend::JobPatience{}.claim);
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGHUP);
  at.kernel.loop.advance(frontend::Job::mercy);
  CHECK(at.links.take<transport::Signal>(3).at(0).signal == SIGKILL);
  for (const StreamName stream : {StreamName::output, StreamName::error})
    at.jobs.on_message(3, transport::StreamOutput{earlier, 0, stream, 1000, true, {}});
  at.jobs.on_message(3, transport::ProcessEnd{.job = earlier, .rank = 0});
  at.kernel.loop.run_until_idle();
  CHECK(at.links.take<transport::Forget>(3).size() == 1);
  CHECK(at.jobs.running() == 0);
}

TEST_CASE("claims: what nodes say of jobs and ranks costs bounded memory") {
  Restarted at;
  std::vector<HeldProcess> many;
  for (std::uint64_t job = 1000; job < 3000; ++job)
    many.push_back({job, 1u << 31, 1, user, HeldState::running});
  at.held(2, many);
  CHECK(at.jobs.running() == 0);
  for (HeldProcess& process : many)
    process.rank = 0;
  at.held(3, many);
  CHECK(at.jobs.running() == frontend::JobTable::max_jobs_of_node);
  for (HeldProcess& process : many)
    process.job += 5000;
  at.held(1, many);
  at.held(0, many);
  CHECK(at.jobs.running() == frontend::JobTable::max_jobs);
}

TEST_CASE("claims: a user with a node that lies gets nothing of another user's processes") {
  Restarted at;
  at.attach(at.command, {.job = earlier, .nodes = {3, 2}, .input = 1}, user + 1);
  at.held(3, {{earlier, 0, 4711, user + 1, HeldState::running}});  // the lie
  REQUIRE(at.command.job != nullptr);
  at.held(2, {runs(1)});
  at.output(2, 1, 0, 100);
  at.jobs.on_message(2, transport::InputCredit{.job = earlier, .rank = 1, .again = true});
  at.jobs.on_message(2, transport::ProcessEnd{.job = earlier, .rank = 1});
  CHECK(at.command.all<transport::RunOutput>().empty());
  at.command.job->signal({SIGTERM, 1});
  CHECK(at.links.take<transport::Signal>(2).empty());
  CHECK(at.links.take<transport::StreamCredit>(2).empty());
  CHECK(at.links.take<transport::StreamInput>(2).empty());
  CHECK(at.links.take<transport::Forget>(2).empty());
}

TEST_CASE("claims: a node that invents very much costs other nodes' processes nothing") {
  Restarted at;
  std::vector<HeldProcess> invented;
  for (std::uint64_t i = 0; i < 4000; ++i)
    invented.push_back({i + 1000000, 65535, 5, user, HeldState::running});
  at.held(3, invented);
  at.held(3, invented);  // once counts
  CHECK(at.jobs.running() <= 4);
  at.held(2, {runs(0)});
  at.attach(at.command, {.job = earlier, .nodes = {2}});
  CHECK(at.command.job != nullptr);
  CHECK(at.links.take<transport::Signal>(2).empty());
  CHECK(at.links.take<transport::Signal>(3).empty());
}

TEST_CASE("claims: what nobody claims is taken piece by piece, however small its window is") {
  Restarted at;
  at.held(3, {runs(0)});
  at.kernel.loop.advance(61s);
  static_cast<void>(at.links.take<transport::StreamCredit>(3));
  at.output(3, 0, 0, 4096);
  CHECK(at.links.take<transport::StreamCredit>(3).at(0).taken == 4096);
}
