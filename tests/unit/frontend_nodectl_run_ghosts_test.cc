// The ghosts of ranks: real processes, and a node that is this test.
#include "frontend/nodectl/run_ghosts.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <variant>
#include <vector>

#include "sys/epoll_loop.h"
#include "tests/unit/frontend_nodectl_fixture.h"

using namespace std::chrono_literals;

namespace {

struct OneRank {
  OneRank() {
    transport::RunStarted started;
    started.nodes = {3};
    started.names = {"n3"};
    REQUIRE(ghosts.begin(started));
  }
  ~OneRank() {
    for (const int pid : pids) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);  // which may have been done already
    }
  }
  void on_sent(const transport::Message& message) {
    if (const auto* made = std::get_if<transport::RunGhosts>(&message)) {
      last = made->pids.at(0);
      if (last != 0) pids.push_back(last);
    }
    if (const auto* signal = std::get_if<transport::RunSignal>(&message)) {
      signals.push_back(signal->signal);
      loop->stop();
    }
  }
  void turn(sys::Duration time) {
    loop->after(time, [this] { loop->stop(); });
    loop->run();
  }

  sys::KernelClock clock;
  std::unique_ptr<sys::Loop> loop = *sys::make_epoll_loop(clock, [](std::string_view) {});
  fakes::Command command;
  frontend::Context context{*loop, command.sockets, *command.output, *command.error, "", false};
  std::vector<int> pids;
  std::vector<int> signals;
  int last = -1;  // pid that was told
  frontend::RunGhosts ghosts{context, {"sleep"}, [this](const transport::Message& message) { on_sent(message); }};
};

}  // namespace

TEST_CASE_FIXTURE(OneRank, "run ghosts: one with another pid lives on when the one before it has gone") {
  ghosts.on_wanted(0);
  REQUIRE(pids.size() == 2);
  while (::kill(pids[0], 0) == 0)
    turn(10ms);
  const int sender = ::fork();
  if (sender == 0) ::_exit(::kill(last, SIGUSR1));
  loop->run();                    // until it is told
  ::waitpid(sender, nullptr, 0);  // which may have been done already
  CHECK(signals == std::vector<int>{SIGUSR1});
  CHECK(::kill(pids[0], 0) < 0);
  CHECK(::kill(pids[1], 0) == 0);
}

TEST_CASE_FIXTURE(OneRank, "run ghosts: a process that gets any pid is told of, once") {
  for (unsigned i = 0; i < frontend::RunGhosts::most_tries + 3; ++i)
    ghosts.on_wanted(0);
  CHECK(pids.size() == frontend::RunGhosts::most_tries);
  CHECK(last == 0);
  command.error->notify([] {}, [](const sys::Error&) {});
  command.loop.run_until_idle();
  CHECK(command.complained() ==
        "nodectl: node n3 has no free pid that a ghost can have here: its process runs with another one; nodectl ps "
        "shows it\n");
}
