#include "sys/log.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/fakes/fake_clock.h"

namespace {

struct LogFixture {
  std::string text(std::uint64_t sequence) {
    sys::LogLine line;
    return log->read(sequence, line) ? std::string(line.text) : "(none)";
  }

  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  std::unique_ptr<sys::Log> log = std::make_unique<sys::Log>(clock);
};

}  // namespace

TEST_CASE_FIXTURE(LogFixture, "log: empty") {
  CHECK(log->last() == 0);
  CHECK(log->first() == 1);
  CHECK(text(0) == "(none)");
  CHECK(text(1) == "(none)");
}

TEST_CASE_FIXTURE(LogFixture, "log: a line keeps its severity, time and sequence") {
  clock.advance(std::chrono::seconds(5));
  const auto wall = clock.wall();
  log->warning("node ", 3, " is late");
  clock.advance(std::chrono::seconds(5));
  sys::LogLine line;
  REQUIRE(log->read(1, line));
  CHECK(line.sequence == 1);
  CHECK(line.severity == sys::Severity::warning);
  CHECK(line.text == "node 3 is late");
  CHECK(line.wall == wall);
  CHECK(sys::name_of(line.severity) == "warning");
}

TEST_CASE_FIXTURE(LogFixture, "log: a reader that falls behind gets the oldest line still held") {
  const std::uint64_t written = 3 * sys::Log::capacity + 7;
  for (std::uint64_t i = 1; i <= written; ++i)
    log->info("line ", i);
  CHECK(log->last() == written);
  CHECK(log->first() == written - sys::Log::capacity + 1);
  sys::LogLine line;
  REQUIRE(log->read(5, line));
  CHECK(line.sequence == log->first());
  for (std::uint64_t i = log->first(); i <= written; ++i)
    CHECK(text(i) == "line " + std::to_string(i));
  CHECK(text(written + 1) == "(none)");
}

TEST_CASE_FIXTURE(LogFixture, "log: only printable text, and bounded") {
  log->error("evil \x1b[31m\n");
  CHECK(text(1) == "evil \\x1b[31m\\x0a");
  log->error(std::string(sys::Log::line_limit, 'x'));
  CHECK(text(2) == std::string(sys::Log::line_limit, 'x'));
  log->error(std::string(1000, 'y'), "end");
  CHECK(text(3) == std::string(sys::Log::line_limit - 3, 'y') + "...");
}

TEST_CASE_FIXTURE(LogFixture, "log: the hook is called after each line") {
  struct Seen {
    sys::Log& log;
    std::string lines;
  } seen{*log, {}};
  log->on_line(
      [](void* context) {
        auto& s = *static_cast<Seen*>(context);
        sys::LogLine line;
        REQUIRE(s.log.read(s.log.last(), line));
        s.lines += line.text;
      },
      &seen);
  log->notice("a");
  log->debug("b");
  CHECK(seen.lines == "ab");
  log->on_line(nullptr, nullptr);
  log->notice("c");
  CHECK(seen.lines == "ab");
}
