#include "process/input_pump.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/fake_stream.h"

using process::InputPump;

namespace {

constexpr std::uint64_t window = InputPump::window;

struct Setting {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  std::unique_ptr<fakes::FakeStream> program;
  std::vector<InputPump::News> told;
  std::unique_ptr<InputPump> pump;

  explicit Setting(std::size_t pipe = 1u << 20) {
    auto [writer, reader] = fakes::FakeStream::pair(loop, faults, pipe);
    program = std::move(reader);
    pump = std::make_unique<InputPump>(loop, std::move(writer),
                                       [this](const InputPump::News& news) { told.push_back(news); });
  }
  bool add(std::uint64_t offset, std::string_view text, bool end = false) {
    const bool within = pump->add(offset, std::as_bytes(std::span(text)), end);
    loop.run_until_idle();
    return within;
  }
  std::string read() {
    const auto bytes = program->take();
    loop.run_until_idle();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

}  // namespace

TEST_CASE("input: what comes is written in order, and its end closes the pipe") {
  Setting s;
  CHECK(s.add(0, "hello"));
  CHECK(s.read() == "hello");
  CHECK_FALSE(s.program->peer_closed());
  CHECK(s.add(5, " world", true));
  CHECK(s.read() == " world");
  CHECK(s.program->peer_closed());
  CHECK(s.loop.watches() == 0);
  CHECK(s.told.empty());
}

TEST_CASE("input: the end waits until all has been read") {
  Setting s(4);
  CHECK(s.add(0, "too much", true));
  CHECK_FALSE(s.program->peer_closed());
  CHECK(s.read() == "too ");
  CHECK(s.read() == "much");
  CHECK(s.program->peer_closed());
}

TEST_CASE("input: no input yet costs no watch, and so does none any more") {
  Setting s;
  CHECK(s.loop.watches() == 0);
  CHECK(s.add(0, "x"));
  CHECK(s.loop.watches() == 0);
}

TEST_CASE("input: what has come before is passed over, and what has a gap before it is dropped") {
  Setting s;
  CHECK(s.add(0, "abcd"));
  CHECK(s.add(2, "cdef"));
  CHECK(s.add(0, "abc"));
  CHECK(s.add(9, "later", true));
  CHECK(s.read() == "abcdef");
  CHECK_FALSE(s.program->peer_closed());
  CHECK(s.add(6, "ghilater", true));
  CHECK(s.read() == "ghilater");
  CHECK(s.program->peer_closed());
  CHECK(s.add(14, "after the end"));
  CHECK(s.read().empty());
}

TEST_CASE("input: it is told in portions what has been taken") {
  Setting s;
  std::uint64_t sent = 0;
  while (s.told.size() < 3) {
    CHECK(s.add(sent, std::string(1000, 'x')));
    sent += 1000;
    s.read();
  }
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(s.told[i].taken == 33'000 * (i + 1));
    CHECK_FALSE(s.told[i].again);
    CHECK_FALSE(s.told[i].end);
  }
}

TEST_CASE("input: more than a window beyond what has been taken is refused") {
  Setting s(10);
  CHECK(s.add(0, std::string(window, 'x')));  // 10 go into the pipe, so that 10 more may come
  CHECK(s.add(window, std::string(10, 'x')));
  CHECK_FALSE(s.add(window + 10, "x"));
  CHECK_FALSE(s.add(0, std::string(window + 1, 'x')));
  CHECK_FALSE(s.add(~std::uint64_t{0}, "x"));
}

TEST_CASE("input: on a new connection it says from where on it wants it again") {
  Setting s(4);
  s.pump->repeat();
  REQUIRE(s.told.size() == 1);
  CHECK(s.told[0].taken == 0);
  CHECK(s.told[0].again);
  CHECK(s.add(0, "abcdefgh"));
  s.pump->repeat();
  CHECK(s.told[1].taken == 4);
  CHECK(s.add(4, "efghij", true));
  CHECK(s.read() == "abcd");
  CHECK(s.read() == "efgh");
  CHECK(s.read() == "ij");
}

TEST_CASE("input: a process that closes its input ends it, once, and says so on a new connection") {
  Setting s;
  s.program.reset();
  CHECK(s.told.empty());
  CHECK(s.add(0, "unread"));
  REQUIRE(s.told.size() == 1);
  CHECK(s.told[0].end);
  CHECK(s.loop.watches() == 0);
  CHECK(s.add(6, "more", true));
  CHECK(s.told.size() == 1);
  s.pump->repeat();
  CHECK(s.told[1].end);
  CHECK_FALSE(s.told[1].again);
}

TEST_CASE("input: what ends it is written behind it, and does not count as taken") {
  Setting s;
  auto [writer, reader] = fakes::FakeStream::pair(s.loop, s.faults);
  InputPump pump(
      s.loop, std::move(writer), [&](const InputPump::News& news) { s.told.push_back(news); }, "!?");
  CHECK(pump.add(0, std::as_bytes(std::span("text\n", 5)), true));
  s.loop.run_until_idle();
  pump.repeat();
  CHECK(s.told.back().taken == 5);
  CHECK(reader->waiting() == 7);
  CHECK(reader->peer_closed());
}

TEST_CASE("input: what ends it has to be said twice within a line") {
  Setting s;
  auto [writer, reader] = fakes::FakeStream::pair(s.loop, s.faults);
  InputPump pump(
      s.loop, std::move(writer), [&](const InputPump::News& news) { s.told.push_back(news); }, "!?");
  CHECK(pump.add(0, std::as_bytes(std::span("text", 4)), false));
  CHECK(pump.add(4, {}, true));
  s.loop.run_until_idle();
  CHECK(reader->waiting() == 8);
}

TEST_CASE("input: of a process that is over nothing is told") {
  Setting s(1);
  CHECK(s.add(0, "abc"));
  s.pump->stop();
  s.program.reset();
  s.loop.run_until_idle();
  CHECK(s.told.empty());
  CHECK(s.loop.watches() == 0);
}

TEST_CASE("input: a pipe that cannot be watched is tried again") {
  Setting s;
  s.faults.fail_at = s.faults.made + 1;
  s.faults.code = ENOMEM;
  CHECK(s.add(0, "text"));
  CHECK(s.read().empty());
  s.loop.advance(std::chrono::seconds(1));
  CHECK(s.read() == "text");
}

TEST_CASE("input: whatever call fails, the process reads all of it or its end is told") {
  for (int n = 1;; ++n) {
    Setting s(4);
    s.faults.fail_at = s.faults.made + n;
    CHECK(s.add(0, "abcdefgh", true));
    s.loop.advance(std::chrono::seconds(1));
    std::string got;
    for (int i = 0; i < 3; ++i)
      got += s.read();
    CAPTURE(n);
    CHECK((got == "abcdefgh" || (s.told.size() == 1 && s.told[0].end)));
    if (!s.faults.fired()) break;
  }
}
