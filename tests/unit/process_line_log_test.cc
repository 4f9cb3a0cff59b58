#include "process/line_log.h"

#include <doctest/doctest.h>

#include <vector>

#include "sys/text.h"
#include "tests/fakes/fake_clock.h"

using namespace std::chrono_literals;

namespace {

struct Setting {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  sys::Log log{clock};
  process::LineLog lines{log, clock, "step"};

  void add(std::string_view text) { lines.add(std::as_bytes(std::span(text))); }
  std::vector<std::string> logged() const {
    std::vector<std::string> all;
    sys::LogLine line;
    for (auto i = log.first(); i <= log.last() && log.read(i, line); i++)
      all.emplace_back(line.text);
    return all;
  }
};
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("output becomes lines, however it is cut into pieces") {
  Setting s;
  s.add("one\ntw");
  s.add("o\n\nthr");
  CHECK(s.logged() == Lines{"step: one", "step: two", "step: "});
  s.lines.finish();
  CHECK(s.logged().back() == "step: thr");
  s.lines.finish();
  CHECK(s.logged().size() == 4);
}

TEST_CASE("a line without end becomes many, and none takes memory without bound") {
  Setting s;
  s.add(std::string(2 * process::LineLog::piece_limit + 3, 'x') + "\n");
  CHECK(s.logged() == Lines{"step: " + std::string(process::LineLog::piece_limit, 'x'),
                            "step: " + std::string(process::LineLog::piece_limit, 'x'), "step: xxx"});
}

TEST_CASE("a line of exactly one piece is one line") {
  Setting s;
  s.add(std::string(process::LineLog::piece_limit, 'x') + "\nnext\n");
  CHECK(s.logged() == Lines{"step: " + std::string(process::LineLog::piece_limit, 'x'), "step: next"});
}

TEST_CASE("a program that talks too much does not drown the log") {
  Setting s;
  for (int i = 0; i < 1000; i++)
    s.add(sys::cat(i, "\n"));
  CHECK(s.logged().size() == process::LineLog::lines_per_second);
  s.clock.advance(1s);
  s.add("later\n");
  CHECK(s.logged().size() == process::LineLog::lines_per_second + 2);
  CHECK(s.logged()[process::LineLog::lines_per_second] == "step: 950 more lines in one second, left out");
  CHECK(s.logged().back() == "step: later");
}

TEST_CASE("what was left out is said at the end at the latest") {
  Setting s;
  for (unsigned i = 0; i < process::LineLog::lines_per_second + 1; i++)
    s.add("x\n");
  s.lines.finish();
  CHECK(s.logged().back() == "step: 1 more lines in one second, left out");
}
