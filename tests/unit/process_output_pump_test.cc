#include "process/output_pump.h"

#include <doctest/doctest.h>

#include "tests/fakes/fake_stream.h"

using process::OutputPump;

namespace {

struct Setting {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  std::unique_ptr<fakes::FakeStream> program;
  std::string said;
  std::size_t longest_piece = 0;
  int ends = 0;
  std::unique_ptr<OutputPump> pump;

  explicit Setting(std::uint64_t window) {
    auto [reader, writer] = fakes::FakeStream::pair(loop, faults);
    program = std::move(writer);
    pump = std::make_unique<OutputPump>(loop, std::move(reader), window, nullptr,
                                        [this](std::uint64_t offset, auto piece, bool end) {
                                          CHECK(ends == 0);
                                          CHECK(offset == said.size());
                                          CHECK(end == piece.empty());
                                          said.append(reinterpret_cast<const char*>(piece.data()), piece.size());
                                          longest_piece = std::max(longest_piece, piece.size());
                                          ends += end;
                                        });
  }
};

}  // namespace

TEST_CASE("output is delivered as it comes, and its end once") {
  Setting s(100);
  s.program->put("hello");
  s.loop.run_until_idle();
  CHECK(s.said == "hello");
  s.program->put(" world");
  s.program.reset();
  s.loop.run_until_idle();
  CHECK(s.said == "hello world");
  CHECK(s.ends == 1);
  CHECK(s.pump->ended());
  CHECK(s.loop.watches() == 0);
}

TEST_CASE("output comes in pieces of bounded size") {
  Setting s(1u << 20);
  s.program->put(std::string(100'000, 'x'));
  s.loop.run_until_idle();
  CHECK(s.said.size() == 100'000);
  CHECK(s.longest_piece == OutputPump::piece_size);
}

TEST_CASE("no more is read than there is credit for, and at none the pipe is not even watched") {
  Setting s(3);
  s.program->put("abcdefgh");
  s.loop.run_until_idle();
  CHECK(s.said == "abc");
  CHECK(s.loop.watches() == 0);
  s.pump->taken(2);
  s.loop.run_until_idle();
  CHECK(s.said == "abcde");
  s.pump->taken(1);     // old news
  s.pump->taken(1000);  // of what is there
  s.loop.run_until_idle();
  CHECK(s.said == "abcdefgh");
  s.pump->taken(8);
  s.program.reset();
  s.loop.run_until_idle();
  CHECK(s.said == "abcdefgh");
  CHECK(s.ends == 1);
}

namespace {

// Keeps what is delivered, piece by piece, and can be cut off.
struct Gated {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  process::OutputGate gate;
  std::unique_ptr<fakes::FakeStream> program;
  std::vector<std::pair<std::uint64_t, std::string>> said;
  int ends = 0;
  std::unique_ptr<OutputPump> pump;

  explicit Gated(std::uint64_t window = 100) {
    auto [reader, writer] = fakes::FakeStream::pair(loop, faults);
    program = std::move(writer);
    gate.open();
    pump = std::make_unique<OutputPump>(
        loop, std::move(reader), window, &gate, [this](std::uint64_t offset, auto piece, bool end) {
          CHECK(gate.is_open());
          ends += end;
          if (end) return;
          said.emplace_back(offset, std::string(reinterpret_cast<const char*>(piece.data()), piece.size()));
        });
  }
  void say(const char* text) {
    program->put(text);
    loop.run_until_idle();
  }
};
using Said = std::vector<std::pair<std::uint64_t, std::string>>;

}  // namespace

TEST_CASE("what has not been taken is delivered once more, with its place, and the end") {
  Gated g;
  for (const char* text : {"one", "two", "three"})
    g.say(text);
  CHECK(g.said == Said{{0, "one"}, {3, "two"}, {6, "three"}});
  g.said.clear();
  g.pump->taken(4);
  g.pump->rewind();
  CHECK(g.said.empty());  // not from inside of the call
  g.loop.run_until_idle();
  CHECK(g.said == Said{{0, "onetwothree"}});  // small pieces are kept as one
  CHECK(g.ends == 0);
  g.program.reset();
  g.loop.run_until_idle();
  g.pump->taken(11);
  CHECK(g.pump->ended());
  g.said.clear();
  g.pump->rewind();
  CHECK_FALSE(g.pump->ended());
  g.loop.run_until_idle();
  CHECK(g.said.empty());
  CHECK(g.ends == 2);
  CHECK(g.pump->ended());
}

TEST_CASE("what has been taken before it is delivered once more is not") {
  Gated g(1u << 20);
  g.say(std::string(OutputPump::piece_size, 'a').c_str());
  g.say(std::string(OutputPump::piece_size, 'b').c_str());
  g.said.clear();
  g.pump->rewind();
  g.pump->taken(OutputPump::piece_size);  // said before the connection broke, heard now
  g.loop.run_until_idle();
  REQUIRE(g.said.size() == 1);
  CHECK(g.said[0].first == OutputPump::piece_size);
  g.say("on");
  CHECK(g.said[1] == std::pair<std::uint64_t, std::string>(2 * OutputPump::piece_size, "on"));
}

TEST_CASE("at a closed gate output waits, in the pipe, and the end as well") {
  Gated g;
  g.gate.close();
  g.say("hello");
  CHECK(g.said.empty());
  CHECK(g.loop.watches() == 0);
  g.gate.open();
  g.loop.run_until_idle();
  CHECK(g.said == Said{{0, "hello"}});
  g.gate.close();
  g.pump->rewind();
  g.program.reset();
  g.loop.run_until_idle();
  CHECK(g.said.size() == 1);
  CHECK(g.ends == 0);
  g.gate.open();
  g.loop.run_until_idle();
  CHECK(g.said == Said{{0, "hello"}, {0, "hello"}});
  CHECK(g.ends == 1);
}

TEST_CASE("a pump that goes does not wait any more") {
  Gated g;
  g.gate.close();
  g.say("hello");
  g.pump.reset();
  g.gate.open();
  g.loop.run_until_idle();
  CHECK(g.said.empty());
}

TEST_CASE("a daemon that holds the pipe does not keep the output from ending") {
  Setting s(1u << 20);
  s.program->put(std::string(50'000, 'x'));
  s.pump->drain();
  CHECK(s.said.empty());  // not from inside of the call
  s.loop.run_until_idle();
  CHECK(s.said.size() == 50'000);
  CHECK(s.ends == 1);
}

TEST_CASE("the last output waits until there is room, though the process is gone") {
  Setting s(4);
  s.program->put("last words");
  s.pump->drain();
  s.loop.run_until_idle();
  CHECK(s.said == "last");
  CHECK(s.ends == 0);
  s.pump->taken(4);
  s.loop.run_until_idle();
  CHECK(s.said == "last wor");
  s.pump->taken(8);
  s.loop.run_until_idle();
  CHECK(s.said == "last words");
  CHECK(s.ends == 1);
}

TEST_CASE("a daemon that never stops writing does not keep the output from ending") {
  Setting s(1u << 30);
  s.pump->drain();
  s.program->put(std::string(OutputPump::largest_pipe + 1000, 'x'));
  s.loop.run_until_idle();
  CHECK(s.said.size() == OutputPump::largest_pipe);
  CHECK(s.ends == 1);
}

TEST_CASE("a broken stream ends") {
  Setting s(100);
  s.program->put("lost");
  s.program->break_with(EIO);
  s.loop.run_until_idle();
  CHECK(s.ends == 1);
}

TEST_CASE("abandoned output ends without a word") {
  Setting s(100);
  s.program->put("unheard");
  s.pump->abandon();
  s.pump->taken(5);
  s.pump->drain();
  s.loop.run_until_idle();
  CHECK(s.said.empty());
  CHECK(s.ends == 0);
  CHECK(s.pump->ended());
  CHECK(s.loop.watches() == 0);
}

TEST_CASE("whatever call fails, output ends") {
  for (int n = 1;; ++n) {
    Setting s(100);
    s.faults.fail_at = s.faults.made + n;
    s.pump->taken(1);
    s.program->put("text");
    s.loop.advance(std::chrono::seconds(2));
    s.program.reset();
    s.pump->drain();
    s.loop.run_until_idle();
    CAPTURE(n);
    CHECK(s.ends == 1);
    if (!s.faults.fired()) break;
  }
}

TEST_CASE("a pipe that cannot be watched is tried again") {
  fakes::Faults faults;
  faults.fail_at = 1;
  faults.code = ENOMEM;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  auto [reader, writer] = fakes::FakeStream::pair(loop, faults);
  std::size_t got = 0;
  OutputPump pump(loop, std::move(reader), 100, nullptr, [&](std::uint64_t, auto piece, bool) { got += piece.size(); });
  writer->put("text");
  loop.run_until_idle();
  CHECK(got == 0);
  loop.advance(std::chrono::seconds(1));
  CHECK(got == 4);
}
