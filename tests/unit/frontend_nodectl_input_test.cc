// How nodectl reads its standard input.
#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "frontend/nodectl/input_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_stream.h"

namespace {

constexpr std::uint64_t window = transport::input_window;

struct Reading {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  std::unique_ptr<fakes::FakeStream> writer;
  std::vector<transport::RunInput> sent;
  int complaints = 0;
  std::unique_ptr<frontend::InputReader> reader;

  Reading() {
    auto [in, out] = fakes::FakeStream::pair(loop, faults, 4u << 20);
    writer = std::move(out);
    reader = std::make_unique<frontend::InputReader>(
        loop, std::move(in), [this](const transport::RunInput& input) { sent.push_back(input); },
        [this](const sys::Error&) { ++complaints; });
    reader->start();
  }
  void type(std::string_view text) {
    writer->put(text);
    loop.run_until_idle();
  }
  void credit(const transport::RunInputCredit& credit) {
    reader->on_credit(credit);
    loop.run_until_idle();
  }
  std::uint64_t sent_up_to() const { return sent.empty() ? 0 : sent.back().offset + sent.back().data.size(); }
};

std::string text(const transport::RunInput& input) {
  return {reinterpret_cast<const char*>(input.data.data()), input.data.size()};
}

}  // namespace

TEST_CASE("standard input: it is sent as it comes, and its end once") {
  Reading at;
  at.type("one");
  at.type("two");
  at.writer.reset();
  at.loop.run_until_idle();
  REQUIRE(at.sent.size() == 3);
  CHECK(text(at.sent[0]) == "one");
  CHECK(at.sent[1].offset == 3);
  CHECK(text(at.sent[1]) == "two");
  CHECK_FALSE(at.sent[1].end);
  CHECK(at.sent[2].offset == 6);
  CHECK(at.sent[2].data.empty());
  CHECK(at.sent[2].end);
  CHECK(at.loop.watches() == 0);
}

TEST_CASE("standard input: no more is read than a window beyond what has been taken") {
  Reading at;
  at.type(std::string(2 * window, 'x'));
  CHECK(at.sent_up_to() == window);
  CHECK(at.loop.watches() == 0);
  at.credit({.taken = window / 4});
  CHECK(at.sent_up_to() == window + window / 4);
  at.credit({.taken = 100 * window});  // of what was sent
  CHECK(at.sent_up_to() == 2 * window);
}

TEST_CASE("standard input: what has not been taken is sent again when it was lost, with its end") {
  Reading at;
  at.type("abcdef");
  at.sent.clear();
  at.credit({.taken = 4});
  at.reader->repeat();
  REQUIRE(at.sent.size() == 1);
  CHECK(at.sent[0].offset == 4);
  CHECK(text(at.sent[0]) == "ef");
  CHECK_FALSE(at.sent[0].end);
  at.writer.reset();
  at.loop.run_until_idle();
  at.sent.clear();
  at.credit({.taken = 6});
  at.reader->repeat();
  REQUIRE(at.sent.size() == 1);
  CHECK(at.sent[0].offset == 6);
  CHECK(at.sent[0].end);
}

TEST_CASE("standard input: when nobody reads any more it is left alone") {
  Reading at;
  at.type("abc");
  at.credit({.end = true});
  at.type("def");
  CHECK(at.sent.size() == 1);
  CHECK(at.loop.watches() == 0);
  CHECK(at.writer->unread() == 3);
  at.reader->repeat();
  CHECK(at.sent.size() == 1);
}

TEST_CASE("standard input: what cannot be watched is read all the same") {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  auto [in, out] = fakes::FakeStream::pair(loop, faults);
  out->put("text");
  faults.fail_at = faults.made + 1;
  faults.code = EPERM;
  std::string got;
  frontend::InputReader reader(
      loop, std::move(in), [&](const transport::RunInput& input) { got += text(input); }, [](const sys::Error&) {});
  reader.start();
  loop.run_until_idle();
  CHECK(got == "text");
}

TEST_CASE("standard input: an error is said and ends it") {
  Reading at;
  at.writer->break_with(EISDIR);
  at.loop.run_until_idle();
  CHECK(at.complaints == 1);
  REQUIRE(at.sent.size() == 1);
  CHECK(at.sent[0].end);
}

TEST_CASE("standard input: a terminal that has hung up is no end of input") {
  Reading at;
  at.type("abc");
  at.sent.clear();
  at.writer->break_with(EIO);
  at.loop.run_until_idle();
  CHECK(at.complaints == 0);
  CHECK(at.sent.empty());
  CHECK(at.loop.watches() == 0);
}
