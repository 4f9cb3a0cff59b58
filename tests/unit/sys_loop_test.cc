#include <fcntl.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "sys/fd.h"
#include "sys/kept_memory.h"
#include "tests/unit/sys_kernel_fixture.h"

using namespace std::chrono_literals;

namespace {

struct TestPipe {
  TestPipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    read = sys::Fd(ends[0]);
    write = sys::Fd(ends[1]);
  }
  void fill() { REQUIRE(::write(write.get(), "x", 1) == 1); }
  void drain() {
    char byte;
    REQUIRE(::read(read.get(), &byte, 1) == 1);
  }
  sys::Fd read, write;
};

}  // namespace

TEST_CASE_FIXTURE(KernelFixture, "loop: timers in order, none early, without busy waiting") {
  std::string order;
  const auto start = clock.now();
  const auto before = loop->wakeups();
  loop->after(5ms, [&] {
    CHECK(clock.now() - start >= 5ms);
    order += 'b';
    loop->stop();
  });
  loop->after(1ms, [&] { order += 'a'; });
  loop->cancel(loop->after(2ms, [&] { order += '!'; }));
  loop->run();
  CHECK(order == "ab");
  CHECK(loop->wakeups() - before < 10);  // a loop that waits busily turns thousands of times
}

TEST_CASE_FIXTURE(KernelFixture, "loop: a timer that sets itself again leaves room for the others") {
  int times = 0;
  std::function<void()> again = [&] {
    ++times;
    loop->after(0ns, again);
  };
  again();
  loop->after(1ms, [&] { loop->stop(); });
  loop->run();
  CHECK(times > 1);
}

TEST_CASE_FIXTURE(KernelFixture, "loop: a handler that defers itself starves neither timers nor descriptors") {
  TestPipe pipe;
  pipe.fill();
  bool timer = false;
  bool readable = false;
  std::function<void()> again = [&] {
    if (timer && readable) return loop->stop();
    loop->defer(again);
  };
  loop->defer(again);
  loop->after(1ms, [&] { timer = true; });
  REQUIRE(loop->watch(pipe.read.get(), sys::Ready::read, [&](sys::Ready) { readable = true; }));
  loop->run();
  CHECK((timer && readable));
}

TEST_CASE_FIXTURE(KernelFixture, "loop: a deferred call comes after the handler that asked for it") {
  std::string order;
  loop->defer([&] {
    loop->defer([&] {
      order += 'b';
      loop->stop();
    });
    order += 'a';
  });
  loop->run();
  CHECK(order == "ab");
}

TEST_CASE_FIXTURE(KernelFixture, "loop: readiness is level-triggered and follows the interest") {
  TestPipe pipe;
  int reads = 0;
  const auto watch = loop->watch(pipe.read.get(), sys::Ready::none, [&](sys::Ready ready) {
    CHECK(ready == sys::Ready::read);
    if (++reads == 3) loop->stop();
  });
  REQUIRE(watch);
  pipe.fill();
  loop->after(2ms, [&] {
    CHECK(reads == 0);
    CHECK(loop->change(*watch, sys::Ready::read));
  });
  loop->run();
  CHECK(reads == 3);
  CHECK(loop->change(*watch, sys::Ready::none));
  loop->after(2ms, [&] { loop->stop(); });
  loop->run();
  CHECK(reads == 3);
}

TEST_CASE_FIXTURE(KernelFixture, "loop: a removed watch is not called, not even in the same turn") {
  TestPipe pipes[2];
  sys::WatchId ids[2];
  int calls = 0;
  for (int i = 0; i < 2; ++i) {
    pipes[i].fill();
    ids[i] = *loop->watch(pipes[i].read.get(), sys::Ready::read, [&](sys::Ready) {
      ++calls;
      for (const auto id : ids)
        loop->unwatch(id);  // itself included
    });
  }
  loop->after(2ms, [&] { loop->stop(); });
  loop->run();
  CHECK(calls == 1);
  CHECK(loop->change(ids[0], sys::Ready::read).error().code == ENOENT);
}

TEST_CASE_FIXTURE(KernelFixture,
                  "loop: a watch narrowed by an earlier handler of the turn is not called for the rest") {
  TestPipe pipes[2];
  sys::WatchId ids[2];
  int calls = 0;
  for (int i = 0; i < 2; ++i) {
    pipes[i].write.reset();  // a hang-up, which is reported whatever the interest
    ids[i] = *loop->watch(pipes[i].read.get(), sys::Ready::read, [&](sys::Ready) {
      ++calls;
      for (const auto id : ids)
        CHECK(loop->change(id, sys::Ready::none));
    });
  }
  loop->after(2ms, [&] { loop->stop(); });
  loop->run();
  CHECK(calls == 1);
}

TEST_CASE_FIXTURE(KernelFixture, "loop: hang-up counts as both, but for a watch without interest it is no event") {
  TestPipe pipe;
  auto seen = sys::Ready::none;
  const auto watch = loop->watch(pipe.read.get(), sys::Ready::none, [&](sys::Ready ready) {
    seen = ready;
    loop->stop();
  });
  REQUIRE(watch);
  pipe.write.reset();
  const auto before = loop->wakeups();
  loop->after(5ms, [&] {
    CHECK(seen == sys::Ready::none);
    CHECK(loop->wakeups() - before < 10);  // a loop that waits busily turns thousands of times
    CHECK(loop->change(*watch, sys::Ready::read));
  });
  loop->run();
  CHECK(seen == sys::Ready::both);
}

TEST_CASE_FIXTURE(KernelFixture, "loop: what cannot be watched is an error that names the descriptor") {
  TestPipe pipe;
  const auto ignore = [](sys::Ready) {};
  REQUIRE(loop->watch(pipe.read.get(), sys::Ready::read, ignore));
  CHECK(loop->watch(pipe.read.get(), sys::Ready::read, ignore).error().code == EEXIST);
  const auto bad = loop->watch(12345, sys::Ready::read, ignore);
  CHECK(bad.error().code == EBADF);
  CHECK(bad.error().what == "watch descriptor 12345");
}

TEST_CASE_FIXTURE(KernelFixture, "loop: exceptions are told and the loop goes on") {
  TestPipe pipe;
  pipe.fill();
  loop->defer([] { throw std::runtime_error("from a deferred call"); });
  loop->after(0ns, [] { throw std::bad_alloc(); });
  REQUIRE(loop->watch(pipe.read.get(), sys::Ready::read, [&](sys::Ready) {
    pipe.drain();
    throw 7;
  }));
  loop->after(2ms, [&] { loop->stop(); });
  loop->run();
  REQUIRE(exceptions.size() == 3);
  CHECK(exceptions[0] == "from a deferred call");
}

TEST_CASE_FIXTURE(KernelFixture, "loop: a signal that interrupts its sleep does no harm") {
  struct sigaction action = {};
  struct sigaction old = {};
  action.sa_handler = [](int) {};
  REQUIRE(::sigaction(SIGALRM, &action, &old) == 0);
  const itimerval soon{{0, 0}, {0, 1000}};
  REQUIRE(::setitimer(ITIMER_REAL, &soon, nullptr) == 0);
  bool fired = false;
  loop->after(5ms, [&] {
    fired = true;
    loop->stop();
  });
  loop->run();
  CHECK(fired);
  CHECK(exceptions.empty());
  REQUIRE(::sigaction(SIGALRM, &old, nullptr) == 0);
}

TEST_CASE_FIXTURE(KernelFixture, "loop: a Timer replaces, cancels, and may be destroyed by its own handler") {
  std::string order;
  auto timer = std::make_unique<sys::Timer>(*loop);
  timer->set(1ms, [&] { order += '!'; });
  timer->set(2ms, [&] {
    CHECK_FALSE(timer->pending());
    timer.reset();
    order += 'a';
  });
  CHECK(timer->pending());
  {
    sys::Timer gone(*loop);
    gone.set(1ms, [&] { order += '!'; });
  }
  loop->after(4ms, [&] { loop->stop(); });
  loop->run();
  CHECK(order == "a");
}

TEST_CASE_FIXTURE(KernelFixture, "signals: come as calls from the loop, whoever sent them") {
  std::string got;
  const auto source = sys::watch_signals(*loop, {SIGUSR1, SIGUSR2}, [&](int signal) {
    got += signal == SIGUSR1 ? '1' : '2';
    if (got.size() == 2) loop->stop();
  });
  REQUIRE(source);
  ::kill(::getpid(), SIGUSR1);
  ::kill(::getpid(), SIGUSR2);
  loop->run();
  CHECK(got == "12");
}

TEST_CASE("signals: PID 1 blocks all but those that report its own faults") {
  const int pid = KernelFixture::fork_child([] {
    sys::block_all_signals();
    sigset_t blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGALRM, SIGRTMIN, SIGRTMAX})
      if (::sigismember(&blocked, signal) != 1) return signal;
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
      if (::sigismember(&blocked, signal) != 0) return signal;
    return ::signal(SIGPIPE, SIG_DFL) == SIG_IGN ? 0 : SIGPIPE;
  });
  int status = -1;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(sys::describe_status(status) == "exit status 0");
}

TEST_CASE_FIXTURE(KernelFixture, "loop: one that has slept holds no memory that nobody uses") {
  sys::kept_memory().keep(std::malloc(64 << 10), 64 << 10);
  loop->after(1ms, [&] { CHECK(sys::kept_memory().size() == 64 << 10); });
  loop->after(1100ms, [&] { loop->stop(); });
  loop->run();
  CHECK(sys::kept_memory().size() == 0);
}
