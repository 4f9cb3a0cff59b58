// The real loop and the real reaper, for tests of sys/ on the kernel itself.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sys/children.h"
#include "sys/epoll_loop.h"
#include "sys/signals.h"

struct KernelFixture {
  KernelFixture()
      : loop(*sys::make_epoll_loop(clock, [this](std::string_view what) { exceptions.emplace_back(what); })),
        children(*loop),
        sigchld(*sys::watch_signals(*loop, {SIGCHLD}, [this](int) { children.reap(); })) {}

  // Turns the loop until `done` holds. The limit is there to fail instead of hanging; it is not part of any test.
  void run_until(std::function<bool()> done) {
    bool late = false;
    sys::Timer limit(*loop);
    limit.set(std::chrono::seconds(60), [&] {
      late = true;
      loop->stop();
    });
    sys::Timer next_look(*loop);
    std::function<void()> look = [&] {
      if (done()) return loop->stop();
      next_look.set(std::chrono::milliseconds(1), look);
    };
    next_look.set(sys::Duration::zero(), look);
    loop->run();
    REQUIRE_FALSE(late);
  }

  // A few turns without sleep: whatever is ready by now is handled.
  void settle() {
    int left = 8;
    std::function<void()> again = [&] { --left > 0 ? loop->defer(again) : loop->stop(); };
    loop->defer(again);
    loop->run();
  }

  // Waits until a child has stopped itself; its pid. Only while the loop has not turned since the child began: the reaper
  // takes news of stopped children as well.
  static int await_stop() {
    siginfo_t info{};
    REQUIRE(::waitid(P_ALL, 0, &info, WSTOPPED) == 0);
    return info.si_pid;
  }

  // Waits until the child is dead, and leaves it to be reaped.
  static void await_death(int pid) {
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
  }

  // As PID 1 does, takes over the children of children that end.
  struct Subreaper {
    Subreaper() { REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0); }
    ~Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
  };

  // A child that does what it is told and ends with the status returned.
  static int fork_child(const std::function<int()>& work) {
    const int pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) ::_exit(work());
    return pid;
  }

  sys::KernelClock clock;
  std::vector<std::string> exceptions;
  std::unique_ptr<sys::Loop> loop;
  sys::KernelChildren children;
  std::unique_ptr<sys::SignalSource> sigchld;
};
