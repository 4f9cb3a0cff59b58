#include "frontend/nodectl/process_ghosts.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <set>

#include "sys/text.h"
#include "tests/fakes/fake_children.h"

namespace {

using transport::JobProcess;

// Ghosts without processes.
struct Maker final : sys::GhostMaker {
  struct Made {
    std::uint32_t index;
    std::string command;
    int pid;
  };
  std::vector<Made> made;
  std::vector<std::string> done;
  std::set<int> taken;
  int refused = 0;  // errno of choosing a pid
  int tried = 0;    // to choose one
  int next = 100;

  sys::Result<int> make(std::uint32_t index, const std::string&, const std::string& command, int pid) override {
    tried += pid != 0;
    if (pid != 0 && refused != 0) return sys::failure(refused, "fork");
    if (taken.contains(pid)) return sys::failure(EEXIST, "fork");
    made.push_back({index, command, pid != 0 ? pid : next++});
    return made.back().pid;
  }
  void end(std::uint32_t, int pid, int) override { done.push_back(sys::cat("end ", pid)); }
  void discard(int pid) override { done.push_back(sys::cat("discard ", pid)); }
  void stop(int pid) override { done.push_back(sys::cat("stop ", pid)); }
  void resume(int pid) override { done.push_back(sys::cat("resume ", pid)); }
};

struct Haunted {
  fakes::Faults faults;
  fakes::FakeChildren children{faults};
  Maker maker;
  std::vector<transport::RunProcessSignal> sent;
  std::vector<std::string> incomplete;  // nodes
  frontend::ProcessGhosts ghosts{
      maker, children, 4,
      [this](const transport::Message& message) { sent.push_back(std::get<transport::RunProcessSignal>(message)); },
      [this](const std::string& node) { incomplete.push_back(node); }};

  void tell(std::vector<JobProcess> processes, std::uint32_t rank = 1) {
    ghosts.on_processes({rank, false, std::move(processes)}, "n3");
  }
};

constexpr int stopped = 0x137f;  // as wait(2) has it

}  // namespace

TEST_CASE("process ghosts: a process has one with its pid, or with another one that says so") {
  Haunted at;
  at.maker.taken = {501};
  at.tell({{.pid = 500, .name = "make"}, {.pid = 501, .name = "cc\n"}});
  REQUIRE(at.maker.made.size() == 2);
  CHECK(at.maker.made[0].command == "make [n3]");
  CHECK(at.maker.made[0].pid == 500);
  CHECK(at.maker.made[0].index == 4);
  CHECK(at.maker.made[1].command == sys::cat(sys::printable("cc\n"), " [n3 pid 501]"));
  CHECK(at.maker.made[1].pid == 100);
  at.tell({{.pid = 500, .name = "make"}, {.pid = 501, .name = "cc\n"}});
  CHECK(at.maker.made.size() == 2);
}

TEST_CASE("process ghosts: a user who may not choose pids does not try for ever") {
  Haunted at;
  at.maker.refused = EPERM;
  at.tell({{.pid = 500, .name = "a"}, {.pid = 501, .name = "b"}});
  CHECK(at.maker.made.size() == 2);
  CHECK(at.maker.tried == 1);
}

TEST_CASE("process ghosts: what cannot be made now is made later, with its pid") {
  for (const int code : {EAGAIN, ENOMEM}) {
    Haunted at;
    at.tell({{.pid = 400, .name = "first"}});
    at.maker.refused = code;
    at.tell({{.pid = 400, .name = "first"}, {.pid = 500, .stopped = true, .name = "a"}});
    CHECK(at.maker.made.size() == 1);
    at.maker.refused = 0;
    at.children.end(400, fakes::killed_by(SIGKILL));
    REQUIRE(at.maker.made.size() == 2);
    CHECK(at.maker.made[1].pid == 500);
    CHECK(at.maker.done == std::vector<std::string>{"stop 500"});
  }
}

TEST_CASE("process ghosts: what a ghost gets, its process gets, but for what the terminal sends") {
  Haunted at;
  at.tell({{.pid = 500, .name = "a"}});
  at.ghosts.on_heard({.index = 4, .ghost = 500, .signal = SIGUSR1});
  at.ghosts.on_heard({.index = 4, .ghost = 500, .signal = SIGINT, .from_terminal = true});
  at.ghosts.on_heard({.index = 77, .ghost = 500, .signal = SIGINT});
  at.children.tell_state(500, stopped);
  REQUIRE(at.sent.size() == 2);
  CHECK(at.sent[0].rank == 1);
  CHECK(at.sent[0].pid == 500);
  CHECK(at.sent[0].signal == SIGUSR1);
  CHECK(at.sent[1].signal == SIGSTOP);
}

TEST_CASE("process ghosts: the last words of a dead ghost are not for the process that has its index next") {
  Haunted at;
  at.tell({{.pid = 500, .name = "a"}});
  at.tell({});
  at.children.end(500, 0);
  at.tell({{.pid = 600, .name = "b"}});
  REQUIRE(at.maker.made.at(1).index == at.maker.made.at(0).index);
  at.ghosts.on_heard({.index = 4, .ghost = 500, .signal = SIGTERM});
  CHECK(at.sent.empty());
}

TEST_CASE("process ghosts: one that is killed takes its process along and does not come back") {
  Haunted at;
  at.tell({{.pid = 500, .name = "a"}});
  at.children.end(500, fakes::killed_by(SIGKILL));
  REQUIRE(at.sent.size() == 1);
  CHECK(at.sent[0].signal == SIGKILL);
  at.tell({{.pid = 500, .name = "b"}});  // that has not come to it
  REQUIRE(at.sent.size() == 2);
  CHECK(at.sent[1].signal == SIGKILL);
  CHECK(at.sent[1].pid == 500);
  CHECK(at.maker.made.size() == 1);
  at.tell({});
  at.tell({{.pid = 500, .name = "a"}});  // another one
  CHECK(at.maker.made.size() == 2);
}

TEST_CASE("process ghosts: they stop, go on and end as their processes do") {
  Haunted at;
  at.tell({{.pid = 500, .name = "a"}});
  at.tell({{.pid = 500, .stopped = true, .name = "a"}});
  at.children.tell_state(500, stopped);
  at.tell({{.pid = 500, .name = "a"}});
  at.tell({}, 0);  // another rank's
  at.tell({});
  at.tell({});
  CHECK(at.maker.done == std::vector<std::string>{"stop 500", "resume 500", "end 500"});
  at.children.end(500, 0);
  CHECK(at.sent.empty());
}

TEST_CASE("process ghosts: a process that executes another program gets another ghost") {
  Haunted at;
  at.tell({{.pid = 500, .name = "sh"}});
  at.tell({{.pid = 500, .name = "sleep"}});
  at.tell({{.pid = 500, .name = "sleep"}});
  CHECK(at.maker.done == std::vector<std::string>{"end 500"});
  CHECK(at.maker.made.size() == 1);
  at.children.end(500, 0);
  REQUIRE(at.maker.made.size() == 2);
  CHECK(at.maker.made.at(1).command == "sleep [n3]");
}

TEST_CASE("process ghosts: there are not more than there is room for, and room comes back") {
  Haunted at;
  std::vector<JobProcess> many;
  for (std::uint32_t i = 0; i < frontend::ProcessGhosts::most + 5; ++i)
    many.push_back({.pid = static_cast<int>(1000 + i), .name = "x"});
  at.tell(many);
  CHECK(at.maker.made.size() == frontend::ProcessGhosts::most);
  at.children.end(1000, fakes::killed_by(SIGKILL));
  CHECK(at.maker.made.size() == frontend::ProcessGhosts::most + 1);
  CHECK(at.incomplete == std::vector<std::string>{"n3"});
  at.ghosts.on_rank_over(1);
  CHECK(at.maker.done.size() == frontend::ProcessGhosts::most);
  for (int pid : at.children.pids())
    at.children.end(pid, 0);
  at.tell({{.pid = 500, .name = "a"}}, 0);
  CHECK(at.maker.made.size() == frontend::ProcessGhosts::most + 2);
}

TEST_CASE("process ghosts: a node that does not tell all is named, once") {
  Haunted at;
  at.ghosts.on_processes({1, true, {{.pid = 500, .name = "a"}}}, "n7");
  at.ghosts.on_processes({2, true, {{.pid = 500, .name = "a"}}}, "n8");
  CHECK(at.incomplete == std::vector<std::string>{"n7"});
}
