// The verbs against a nodemaster that follows a script: what is asked, what is printed, how it ends.
#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>

#include "frontend/nodectl/verbs.h"
#include "tests/unit/frontend_nodectl_fixture.h"

namespace {

using fakes::Command;
using fakes::ScriptedMaster;
using nlohmann::json;

struct Session : Command {
  explicit Session(std::size_t capacity = 1u << 20) : Command(capacity) {}
  // Answers every request with these.
  void script(std::vector<transport::Message> answers) {
    master.answer = [this, answers](const transport::Message&) {
      for (const auto& answer : answers)
        master.send(answer);
    };
  }
  ScriptedMaster master{loop, sockets};
};

transport::NodeStatus node(unsigned number, transport::NodeState state, const char* reason = "") {
  return {.node = number, .name = "n" + std::to_string(number), .state = state, .reason = reason};
}

constexpr auto up = transport::NodeState::up;
constexpr auto down = transport::NodeState::down;

}  // namespace

TEST_CASE("nodectl: a nodemaster that is not there is named, with advice") {
  Command command;
  command.context->socket = "/run/nobody.sock";
  CHECK(frontend::run_status(*command.context, {}) == 1);
  command.loop.run_until_idle();
  const std::string complaint = command.complained();
  CHECK(complaint.starts_with("nodectl: cannot reach nodemaster: "));
  CHECK(complaint.find("/run/nobody.sock") != std::string::npos);
  CHECK(complaint.ends_with("; is it running?\n"));
}

TEST_CASE("nodectl: status asks for the nodes and prints a table or JSON") {
  Session session;
  session.script({transport::StatusReply{{node(0, up), node(1, down, "never seen")}, true}});
  CHECK(frontend::run_status(*session.context, {.nodes = "0-1"}) == 0);
  CHECK(std::get<transport::StatusRequest>(session.master.received.at(0)).nodes == "0-1");
  CHECK(session.printed().find("n1    down   -        -      -     0         root   root   0111  never seen\n") !=
        std::string::npos);
  session.context->json = true;
  CHECK(frontend::run_status(*session.context, {}) == 0);
  const json listing = json::parse(session.printed());
  REQUIRE(listing.size() == 2);
  CHECK(listing[1]["state"] == "down");
  CHECK(session.complained().empty());
}

TEST_CASE("nodectl: wait names those that are not as wanted, together when for the same reason") {
  Session session;
  session.script({transport::StatusReply{{node(0, up), node(1, down, "never seen"), node(2, down, "never seen"),
                                          node(3, transport::NodeState::error, "no")},
                                         false}});
  CHECK(frontend::run_wait(*session.context, {.nodes = "all", .timeout_ms = 5000}) == 1);
  const auto& request = std::get<transport::WaitRequest>(session.master.received.at(0));
  CHECK(request.state == "up");
  CHECK(request.timeout_ms == 5000);
  CHECK(session.complained() ==
        "nodectl: nodes 1-2 not up but down: never seen\nnodectl: node 3 not up but error: no\n");
  CHECK(session.printed().empty());
}

TEST_CASE("nodectl: wait says nothing when all is well") {
  Session session;
  session.script({transport::StatusReply{{node(0, up)}, true}});
  CHECK(frontend::run_wait(*session.context, {.nodes = "all"}) == 0);
  CHECK(session.printed() + session.complained() == "");
}

TEST_CASE("nodectl: a request that is wrong in itself ends with 2, one that fails with 1") {
  Session session;
  session.script({transport::Failure{true, "there is no node 9\x1b[2J"}});
  CHECK(frontend::run_up(*session.context, {"9"}) == 2);
  CHECK(session.complained() == "nodectl: there is no node 9\\x1b[2J\n");  // nothing that a terminal obeys
  session.script({transport::Failure{false, "no node is up"}});
  CHECK(frontend::run_up(*session.context, {"up"}) == 1);
}

TEST_CASE("nodectl: up tells of each node, and ends with 1 when one has failed") {
  Session session;
  session.script({transport::NodeResult{0, "n0", true, ""}, transport::NodeResult{1, "n1", false, "step home: timeout"},
                  transport::Done{}});
  CHECK(frontend::run_up(*session.context, {"0-1"}) == 1);
  CHECK(session.printed() == "n0: up\n");
  CHECK(session.complained() == "nodectl: n1: step home: timeout\n");
  session.context->json = true;
  CHECK(frontend::run_up(*session.context, {"0-1"}) == 1);
  CHECK(json::parse(session.printed())[1]["reason"] == "step home: timeout");
}

TEST_CASE("nodectl: reboot and poweroff ask for what they say") {
  Session session;
  session.script({transport::NodeResult{0, "n0", true, ""}, transport::Done{}});
  CHECK(frontend::run_power(*session.context, {"0", transport::PowerChange::restart}) == 0);
  CHECK(frontend::run_power(*session.context, {"0", transport::PowerChange::power_off}) == 0);
  CHECK(std::get<transport::PowerRequest>(session.master.received.at(0)).change == transport::PowerChange::restart);
  CHECK(std::get<transport::PowerRequest>(session.master.received.at(1)).change == transport::PowerChange::power_off);
  CHECK(session.printed() == "n0: restarts\nn0: powers off\n");
}

TEST_CASE("nodectl: boot-log prints one record after the other") {
  Session session;
  transport::BootLogReply first{{0, "n0", {{"network", 1000, 2500, transport::Outcome::done, "10.9.1.0"}}}};
  transport::BootLogReply second{{1, "n1", {{"setup", 5, 0, transport::Outcome::running, ""}}}};
  session.script({first, second, transport::Done{}});
  CHECK(frontend::run_boot_log(*session.context, {"all"}) == 0);
  CHECK(session.printed() ==
        "n0\n"
        "STEP     START   DURATION  OUTCOME  REASON\n"
        "network  1.00ms  1.50ms    done     10.9.1.0\n"
        "\n"
        "n1\n"
        "STEP   START  DURATION  OUTCOME  REASON\n"
        "setup  5us    -         running\n");
  session.context->json = true;
  CHECK(frontend::run_boot_log(*session.context, {"all"}) == 0);
  const json listing = json::parse(session.printed());
  CHECK(listing[0]["entries"][0]["duration_seconds"] == doctest::Approx(0.0015));
  CHECK(listing[1]["entries"][0]["duration_seconds"].is_null());
}

TEST_CASE("nodectl: log prints lines as they come, and says what was lost") {
  Session session;
  session.script({transport::LogReply{3, "n3", 7, {{1, 4, 1000000000, "disk\nfull"}}}, transport::Done{}});
  CHECK(frontend::run_log(*session.context, {.nodes = "3", .follow = true}) == 0);
  CHECK(std::get<transport::LogRequest>(session.master.received.at(0)).follow);
  CHECK(session.printed() == "1970-01-01T00:00:01Z n3 warning: disk\\x0afull\n");
  CHECK(session.complained() == "nodectl: n3: 7 older lines are lost\n");
  session.context->json = true;
  CHECK(frontend::run_log(*session.context, {.nodes = "3"}) == 0);
  CHECK(json::parse(session.printed())["text"] == "disk\nfull");
}

TEST_CASE("nodectl: a nodemaster that goes away in the middle is an error") {
  Session session;
  session.master.answer = [&](const transport::Message&) { session.loop.defer([&] { session.master.hang_up(); }); };
  CHECK(frontend::run_log(*session.context, {.nodes = "all", .follow = true}) == 1);
  CHECK(session.complained() == "nodectl: lost nodemaster: peer closed the connection\n");
}

TEST_CASE("nodectl: an answer that nodemaster may not give is refused") {
  Session session;
  session.script({transport::Ping{}});
  CHECK(frontend::run_status(*session.context, {}) == 1);
  CHECK(session.complained().starts_with("nodectl: nodemaster: "));
}

TEST_CASE("nodectl: a reader that is gone ends it as SIGPIPE would") {
  Session session;
  session.out_reader.reset();
  session.script({transport::StatusReply{{node(0, up)}, true}});
  CHECK(frontend::run_status(*session.context, {}) == 128 + SIGPIPE);
  CHECK(session.complained().empty());
}

TEST_CASE("nodectl: output that cannot be written is an error with its reason") {
  Session session;
  session.script({transport::StatusReply{{node(0, up)}, true}});
  session.out_reader->break_with(ENOSPC);
  CHECK(frontend::run_status(*session.context, {}) == 1);
  CHECK(session.complained().find("nodectl: standard output: ") == 0);
}

TEST_CASE("nodectl: a request that breaks a cap is refused before anybody is asked") {
  Session session;
  CHECK(frontend::run_status(*session.context, {.nodes = std::string(20000, '1')}) == 2);
  session.loop.run_until_idle();
  CHECK(session.master.received.empty());
  CHECK(session.complained().find("nodes") != std::string::npos);
}
