// nodectl plan and nodectl up -f: what is asked, what is printed, how it ends.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "frontend/nodectl/plan_text.h"
#include "frontend/nodectl/up_board.h"
#include "frontend/nodectl/verbs.h"
#include "tests/unit/frontend_nodectl_fixture.h"

namespace {

using namespace std::chrono_literals;
using fakes::Command;
using fakes::ScriptedMaster;
using frontend::PlanOptions;
using frontend::UpOptions;
using nlohmann::json;
using transport::Done;
using transport::NodeResult;
using transport::Outcome;
using transport::PlannedStep;
using transport::PlanProblem;
using transport::PlanQuestion;
using transport::PlanReply;
using transport::PlanRequest;
using transport::UpProgress;
using transport::UpRequest;

struct Session : Command {
  // Answers every request with these.
  void script(std::vector<transport::Message> answers) {
    master.answer = [this, answers](const transport::Message&) {
      for (const auto& answer : answers)
        master.send(answer);
    };
  }
  template <class Request> Request asked() { return std::get<Request>(master.received.at(0)); }
  ScriptedMaster master{loop, sockets};
};

PlannedStep step(const char* name, const char* what) {
  PlannedStep step;
  step.name = name;
  step.kind = "file";
  step.what = what;
  step.timeout_ms = 30000;
  return step;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("nodectl: plan check prints problems by line, and fails for errors alone") {
  Session session;
  PlanReply reply;
  reply.problems = {{"/etc/node_up.toml", 12, false, "odd"}, {"/etc/node_up.toml", 0, true, "gone"}};
  session.script({reply, Done{}});
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::check, ""}) == 1);
  CHECK(session.asked<PlanRequest>().question == PlanQuestion::check);
  CHECK(session.printed() == "/etc/node_up.toml:12: warning: odd\n/etc/node_up.toml: gone\n");
  reply.problems.pop_back();
  session.script({reply, Done{}});
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::check, ""}) == 0);
  CHECK(session.printed().ends_with("OK: nodemaster would take it over\n"));
  session.context->json = true;
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::check, ""}) == 0);
  CHECK(json::parse(session.printed())[0]["weight"] == "warning");
}

TEST_CASE("nodectl: plan show puts the parts of the plan together") {
  Session session;
  PlanReply first, second;
  first.more = true;
  first.steps = {step("a", "/a")};
  second.steps = {step("b", "/b")};
  second.steps[0].after = {"a"};
  second.steps[0].nodes = "0-3";
  second.steps[0].on_front_end = true;
  session.script({first, second, Done{}});
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::show, ""}) == 0);
  const std::string table = session.printed();
  CHECK(has(table, "STEP  KIND  AFTER  TIMEOUT  RETRIES  NODES  WHAT\n"));
  CHECK(has(table, "/b (front end)"));
  session.context->json = true;
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::show, ""}) == 0);
  const json plan = json::parse(session.printed());
  REQUIRE(plan.size() == 2);
  CHECK(plan[0]["nodes"].is_null());
  CHECK(plan[0]["timeout_seconds"] == 30.0);
  CHECK(plan[1]["where"] == "front-end");
  CHECK(plan[1]["after"] == json({"a"}));
}

TEST_CASE("nodectl: plan dry-run tells groups of nodes, and fails when a step could not be carried out") {
  Session session;
  PlanReply most, one;
  most.nodes = {0, 1, 2, 3, 7};
  most.steps = {step("motd", "/etc/motd"), step("only", "")};
  most.steps[0].files = 1;
  most.steps[0].bytes = 1234567;
  most.steps[1].applies = false;
  one.nodes = {5};
  one.steps = {step("modules", "e1000 from /lib/modules/{kernel}")};
  one.steps[0].unknown = "which files";
  session.script({most, one, Done{}});
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::dry_run, "0-7"}) == 0);
  CHECK(session.asked<PlanRequest>().nodes == "0-7");
  const std::string text = session.printed();
  CHECK(text.starts_with("nodes 0-3,7:\n"));
  CHECK(has(text, "motd  file  1      1.2 MB  /etc/motd\n"));
  CHECK(has(text, "not for them: only\n\nnode 5:\n"));
  CHECK(has(text, "e1000 from /lib/modules/{kernel}; not known yet: which files\n"));
  one.steps[0].problem = "gone";
  session.script({one, Done{}});
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::dry_run, "5"}) == 1);
  CHECK(has(session.printed(), "PROBLEM: gone\n"));
  one.steps[0].may_fail = true;
  session.script({one, Done{}});
  session.context->json = true;
  CHECK(frontend::run_plan(*session.context, {PlanQuestion::dry_run, "5"}) == 0);
  const json groups = json::parse(session.printed());
  CHECK(groups[0]["nodes"] == json({5}));
  CHECK(groups[0]["steps"][0]["problem"] == "gone");
}

TEST_CASE("nodectl: up -f prints a line for each change, then the results") {
  Session session;
  session.script({UpProgress{3, "n3", 0, 0, "", Outcome::running, "waiting for the plan's files"},
                  UpProgress{3, "n3", 3, 12, "step copy-libs", Outcome::running, "120 files"},
                  UpProgress{3, "n3", 4, 12, "step copy-libs", Outcome::done, ""},
                  UpProgress{3, "n3", 5, 12, "step x", Outcome::ignored, "no such file"}, NodeResult{3, "n3", true, ""},
                  NodeResult{4, "n4", false, "down"}, Done{}});
  CHECK(frontend::run_up(*session.context, {"3-4", true}) == 1);
  CHECK(session.asked<UpRequest>().follow);
  CHECK(
      session.printed() ==
      "n3: waiting for the plan's files\nn3: step copy-libs (4 of 12): 120 files\nn3: step x (5 of 12): no such file\n"
      "n3: up\n");
  CHECK(session.complained() == "nodectl: n4: down\n");
  session.context->json = true;
  CHECK(frontend::run_up(*session.context, {"3-4", true}) == 1);
  std::vector<json> lines;
  std::istringstream printed(session.printed());
  for (std::string line; std::getline(printed, line);)
    lines.push_back(json::parse(line));
  REQUIRE(lines.size() == 6);
  CHECK(lines[1]["steps_over"] == 3);
  CHECK(lines[1]["outcome"] == "running");
  CHECK(lines[5]["succeeded"] == false);
}

TEST_CASE("nodectl: up -f draws one block on a terminal, and leaves the results below it") {
  Session session;
  session.context->terminal = sys::TerminalSize{80, 24};
  session.script({UpProgress{3, "n3", 3, 12, "step copy-libs", Outcome::running, ""}, NodeResult{3, "n3", true, ""},
                  NodeResult{4, "n4", false, "down"}, Done{}});
  CHECK(frontend::run_up(*session.context, {"3-4", true}) == 1);
  const std::string drawn = session.printed();
  CHECK(has(drawn, "\x1b[J"));
  CHECK(has(drawn, "2 nodes: 1 up, 1 failed, 0 at work\nn3: up\n"));
  CHECK(session.complained() == "nodectl: n4: down\n");
}

TEST_CASE("nodectl: the block names the nodes that have been at one step for longest, as many as fit") {
  frontend::UpBoard board;
  sys::Instant now{};
  for (unsigned node = 0; node < 20; ++node) {
    const std::string name = "n" + std::to_string(node);
    board.on_progress({node, name, 6, 12, "step a", Outcome::running, "a long reason that does not fit"},
                      now + std::chrono::seconds(20 - node));
  }
  now += 30s;
  board.on_progress({19, "n19", 6, 12, "step a", Outcome::running, "again"}, now);
  const std::string text = board.text({50, 9}, now);
  CHECK(text.starts_with("[####################--------------------] 50 %\n20 nodes: 0 up, 0 failed, 20 at work\n"));
  CHECK(has(text, "\n  n19  29s  step a (7 of 12): again\n  n18  28s  "));
  CHECK(std::count(text.begin(), text.end(), '\n') == 7);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    CHECK(end - at < 50);
    at = end + 1;
  }
}
