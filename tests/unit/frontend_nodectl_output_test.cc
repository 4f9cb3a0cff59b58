// nodectl's output: what a reader does not take waits, and says so.
#include <doctest/doctest.h>

#include <cerrno>
#include <optional>

#include "tests/unit/frontend_nodectl_fixture.h"

namespace {

using frontend::Output;

struct Pipe {
  explicit Pipe(std::size_t capacity) {
    auto [ours, theirs] = fakes::FakeStream::pair(loop, faults, capacity);
    reader = std::move(theirs);
    output.emplace(loop, std::move(ours));
    output->notify([this] { ++drained; }, [this](const sys::Error& why) { reason = why; });
  }
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  std::unique_ptr<fakes::FakeStream> reader;
  std::optional<Output> output;
  int drained = 0;
  std::optional<sys::Error> reason;
};

}  // namespace

TEST_CASE("output: is written from the loop, in order, and then leaves the loop alone") {
  Pipe pipe(1000);
  pipe.output->write("one ");
  pipe.output->write("two");
  CHECK(pipe.reader->waiting() == 0);
  CHECK_FALSE(pipe.output->empty());
  pipe.loop.run_until_idle();
  CHECK(fakes::Command::text(pipe.reader->take()) == "one two");
  CHECK(pipe.output->empty());
  CHECK(pipe.drained == 1);
  CHECK(pipe.loop.watches() == 0);
}

TEST_CASE("output: what a slow reader does not take waits, and past the mark it is full") {
  Pipe pipe(1000);
  const std::string much(Output::high_water + 2000, 'x');
  pipe.output->write(much);
  pipe.loop.run_until_idle();
  CHECK(pipe.output->full());
  CHECK(pipe.drained == 0);
  std::size_t taken = 0;
  while (!pipe.output->empty() || pipe.reader->waiting() > 0) {
    taken += pipe.reader->take().size();
    pipe.loop.run_until_idle();
  }
  CHECK(taken == much.size());
  CHECK(pipe.drained == 1);
  CHECK_FALSE(pipe.output->full());
}

TEST_CASE("output: a reader that has gone is told once, and the rest is swallowed") {
  Pipe pipe(1000);
  pipe.reader.reset();
  pipe.output->write("text");
  pipe.loop.run_until_idle();
  REQUIRE(pipe.reason);
  CHECK(pipe.reason->code == EPIPE);
  pipe.reason.reset();
  pipe.output->write("more");
  pipe.loop.run_until_idle();
  CHECK_FALSE(pipe.reason);
  CHECK(pipe.output->empty());
}

TEST_CASE("output: a regular file, which no loop can watch, is written at once") {
  Pipe pipe(1 << 20);
  pipe.faults.fail_at = pipe.faults.made + 1;
  pipe.faults.code = EPERM;
  const std::string much(100000, 'x');
  pipe.output->write(much);
  CHECK(pipe.reader->waiting() == much.size());
  CHECK(pipe.output->empty());
  CHECK(pipe.drained == 1);
}
