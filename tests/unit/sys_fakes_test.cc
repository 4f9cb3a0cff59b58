// The fakes keep the promises that the real ones are tested for, as far as other tests rely on them.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "tests/fakes/fake_children.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_spawner.h"
#include "tests/fakes/fake_workers.h"

using namespace std::chrono_literals;

namespace {

struct Fakes {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeChildren children{faults};
};

}  // namespace

TEST_CASE_FIXTURE(Fakes, "faults: the n-th call fails, and only that") {
  faults.fail_at = 2;
  faults.code = 5;
  CHECK_FALSE(faults.next("first"));
  CHECK_FALSE(faults.fired());
  CHECK(faults.next("second") == 5);
  CHECK(faults.fired());
  CHECK(faults.check("third"));
  CHECK(faults.calls == std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE_FIXTURE(Fakes, "fake loop: time passes timer by timer") {
  std::string order;
  const auto start = clock.now();
  loop.after(2s, [&] {
    CHECK(clock.now() - start == 2s);
    order += 'b';
    loop.after(1s, [&] { order += 'c'; });
  });
  loop.after(1s, [&] { order += 'a'; });
  loop.advance(2500ms);
  CHECK(order == "ab");
  CHECK(clock.now() - start == 2500ms);
  loop.run();
  CHECK(order == "abc");
  CHECK(clock.now() - start == 3s);
}

TEST_CASE_FIXTURE(Fakes, "fake loop: readiness from a source lasts, injected readiness is used up") {
  int calls = 0;
  int left = 3;
  const int fd = loop.new_fd();
  const auto id = loop.watch(fd, sys::Ready::read, [&](sys::Ready) {
    ++calls;
    if (left > 0) --left;
  });
  loop.set_source(fd, [&] { return left > 0 ? sys::Ready::both : sys::Ready::none; });
  loop.run_until_idle();
  CHECK(calls == 3);
  loop.make_ready(fd, sys::Ready::read);
  loop.run_until_idle();
  CHECK(calls == 4);
  REQUIRE(loop.change(*id, sys::Ready::none));
  loop.make_ready(fd, sys::Ready::read);
  loop.run_until_idle();
  CHECK(calls == 4);
}

TEST_CASE_FIXTURE(Fakes, "fake workers: work is done in a later turn; misfortunes by name") {
  fakes::FakeWorkers workers(loop, faults);
  std::string ends;
  const auto start = [&](const std::string& name) {
    return workers.start(
        {.name = name, .deadline = 5s, .work = [](sys::WorkerOutput& output) { return output.write("x", 1) ? 0 : 1; }},
        [&](const sys::WorkerResult& result) {
          if (result.succeeded()) ends += 's';
          if (result.end == sys::WorkerEnd::timed_out) ends += 't';
          if (result.end == sys::WorkerEnd::hung) ends += 'h';
          if (result.end == sys::WorkerEnd::exited && result.exit.status != 0) ends += 'k';
        });
  };
  REQUIRE(start("good"));
  CHECK(ends.empty());
  loop.run_until_idle();
  CHECK(ends == "s");
  workers.hang("slow");
  workers.hang_for_good("stuck");
  workers.die("weak", 11);
  for (const char* name : {"slow", "stuck", "weak"})
    REQUIRE(start(name));
  loop.run_until_idle();
  CHECK(ends == "sk");
  loop.advance(5s);
  CHECK(ends == "skt");
  loop.advance(sys::kill_grace);
  CHECK(ends == "skth");
  workers.cancel(*start("good"));
  loop.run_until_idle();
  CHECK(ends == "skth");
  CHECK(faults.calls.back() == "cancel worker good");
}

TEST_CASE_FIXTURE(Fakes, "fake spawner: a process writes, ends, and its reader finds the rest") {
  fakes::FakeSpawner spawner(loop, children, faults);
  std::optional<sys::Status> started;
  std::optional<int> status;
  const auto spawned = spawner.start(
      {.path = "/bin/true", .prepare = nullptr}, [&](const sys::Status& s) { started = s; },
      [&](const sys::Exit& exit) { status = exit.status; });
  REQUIRE(spawned);
  CHECK(spawner.execute(spawned->pid) == "/bin/true");
  CHECK(*started);
  std::string text;
  sys::WatchId id = 0;
  id = *loop.watch(spawned->output->fd(), sys::Ready::read, [&](sys::Ready) {
    std::byte piece[4];
    const auto size = spawned->output->read(piece);
    REQUIRE(size);
    text.append(reinterpret_cast<char*>(piece), *size);
    if (*size == 0) loop.unwatch(id);
  });
  spawner.write_output(spawned->pid, "hello");
  loop.run_until_idle();
  CHECK(text == "hello");
  CHECK(loop.watched(spawned->output->fd()));
  spawner.write_output(spawned->pid, " world");
  spawner.end(spawned->pid, fakes::exited(3));
  CHECK(status == fakes::exited(3));
  loop.run_until_idle();
  CHECK(text == "hello world");
  CHECK_FALSE(loop.watched(spawned->output->fd()));
}

TEST_CASE_FIXTURE(Fakes, "fake spawner: a failed start is told before the end") {
  fakes::FakeSpawner spawner(loop, children, faults);
  std::string order;
  const auto spawned = spawner.start(
      {.path = "/bin/true", .prepare = []() -> sys::Result<std::string> { return sys::refusal("no"); }},
      [&](const sys::Status& status) { order += status ? 's' : 'f'; }, [&](const sys::Exit&) { order += 'e'; });
  REQUIRE(spawned);
  CHECK(spawner.execute(spawned->pid).empty());
  CHECK(order == "fe");
  CHECK_FALSE(children.expects(spawned->pid));
}
