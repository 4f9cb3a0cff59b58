#include "nodeinit/log_sinks.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_stream.h"

using namespace std::chrono_literals;

namespace {

struct Sinks {
  explicit Sinks(std::size_t capacity = 1u << 20) {
    auto [near, far] = fakes::FakeStream::pair(loop, faults, capacity);
    screen = std::move(far);
    sinks.console.attach(std::move(near));
    files.put("/dev/kmsg", "");
  }
  std::string shown() {
    std::string text;
    for (const std::byte byte : screen->take())
      text += static_cast<char>(byte);
    return text;
  }

  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeFiles files{faults};
  sys::Log log{clock};
  node::LogSinks sinks{loop, files, log, clock.now()};
  std::unique_ptr<fakes::FakeStream> screen;
};

}  // namespace

TEST_CASE("console: lines appear at once, with the time since the first instruction") {
  Sinks test;
  test.log.info("hello");
  test.clock.advance(12345ms);
  test.log.error("bad");
  CHECK(test.shown() == "nodeinit[  0.000]: hello\nnodeinit[ 12.345]: bad\n");
}

TEST_CASE("console: what was logged before it was there is shown when it comes") {
  Sinks test;
  test.sinks.console.attach(nullptr);
  test.log.info("early");
  auto [near, far] = fakes::FakeStream::pair(test.loop, test.faults);
  test.sinks.console.attach(std::move(near));
  test.screen = std::move(far);
  CHECK(test.shown() == "nodeinit[  0.000]: early\n");
}

TEST_CASE("console: only what is severe enough is shown") {
  Sinks test;
  test.sinks.console.show(sys::Severity::warning);
  test.log.info("no");
  test.log.warning("yes");
  test.sinks.console.show(std::nullopt);
  test.log.error("no");
  CHECK(test.shown() == "nodeinit[  0.000]: yes\n");
}

TEST_CASE("console: a slow one gets whole lines when it is ready, loses what the ring has lost, and says how many") {
  Sinks test(40);
  for (int i = 0; i < 1000; ++i)
    test.log.info("line ", i);
  std::string text;
  for (int turns = 0; turns < 5000; ++turns) {
    const std::string piece = test.shown();
    if (piece.empty()) break;
    text += piece;
    test.loop.run_until_idle();
  }
  CHECK(text.find("lines lost here: the console is too slow\n") != std::string::npos);
  CHECK(text.find("]: line 999\n") == text.size() - std::string("]: line 999\n").size());
  std::size_t lines = 0;
  for (const std::string_view line : sys::split(text, '\n')) {
    if (line.empty()) continue;
    ++lines;
    CHECK(line.substr(0, 9) == "nodeinit[");
  }
  CHECK(lines < 520);
}

TEST_CASE("console: one that is broken costs its lines and nothing else") {
  Sinks test;
  test.screen->break_with(EIO);
  test.log.info("lost");
  test.loop.run_until_idle();
  CHECK(test.log.last() == 1);
}

TEST_CASE("kernel log: nothing until it is enabled, then everything, as debug messages") {
  Sinks test;
  test.log.info("first");
  CHECK(test.faults.count("write /dev/kmsg") == 0);
  test.sinks.kernel.enable();
  CHECK(test.files.content("/dev/kmsg") == "<7>nodeinit: first");
  test.log.debug("not there");
  CHECK(test.files.content("/dev/kmsg") == "<7>nodeinit: first");
}

TEST_CASE("kernel log: a flood is bounded, counted, and over after a while") {
  Sinks test;
  test.sinks.kernel.enable();
  for (int i = 0; i < 500; ++i)
    test.log.info("flood");
  CHECK(test.faults.count("write /dev/kmsg") == static_cast<int>(node::KernelLog::burst));
  test.clock.advance(10s);
  test.log.info("after");
  CHECK(test.files.content("/dev/kmsg") == "<7>nodeinit: after (400 lines dropped before)");
}

TEST_CASE("front end: everything held is sent on joining, then new lines, one message per turn") {
  Sinks test;
  test.log.info("before");
  std::vector<transport::LogLines> sent;
  test.sinks.front_end.open({.send = [&](transport::LogLines lines) { sent.push_back(std::move(lines)); },
                             .congested = [] { return false; }});
  test.loop.run_until_idle();
  REQUIRE(sent.size() == 1);
  test.log.info("one");
  test.log.error("two");
  test.loop.run_until_idle();
  REQUIRE(sent.size() == 2);
  REQUIRE(sent[1].lines.size() == 2);
  CHECK(sent[1].lines[1].text == "two");
  CHECK(sent[1].lines[1].severity == 3);

  test.sinks.front_end.close();
  test.log.info("alone");
  test.loop.run_until_idle();
  CHECK(sent.size() == 2);
}

TEST_CASE("front end: while it is congested lines wait, and those that are lost are counted") {
  Sinks test;
  bool congested = true;
  std::vector<transport::LogLines> sent;
  test.sinks.front_end.open({.send = [&](transport::LogLines lines) { sent.push_back(std::move(lines)); },
                             .congested = [&] { return congested; }});
  for (int i = 0; i < 600; ++i)
    test.log.info("line");
  test.loop.run_until_idle();
  CHECK(sent.empty());
  congested = false;
  test.sinks.front_end.pump();
  test.loop.run_until_idle();
  std::uint64_t lost = 0;
  std::size_t lines = 0;
  for (const auto& message : sent) {
    lost += message.lost;
    lines += message.lines.size();
    CHECK(message.lines.size() <= node::LogForwarder::lines_per_message);
  }
  CHECK(lost == 600 - sys::Log::capacity);
  CHECK(lines == sys::Log::capacity);
}
