// Standard input of a job, between the command and its ranks.
#include "frontend/nodemaster/input_fan.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/frontend_fixture.h"

namespace {

using transport::all_ranks;
using transport::InputCredit;
using transport::RunInputCredit;
using transport::StreamInput;

constexpr std::uint64_t job = 7;
constexpr std::uint64_t window = transport::input_window;

// Ranks 0, 1, 2 on nodes 10, 11, 12.
struct Fan {
  fakes::RecordedLinks links;
  std::vector<RunInputCredit> told;
  frontend::InputFan fan;

  explicit Fan(std::uint32_t readers)
      : fan(links, job, [this](const RunInputCredit& credit) { told.push_back(credit); }) {
    fan.begin({10, 11, 12}, readers);
  }
  void ready(std::uint32_t rank, std::uint64_t taken = 0) {
    fan.on_credit({.job = job, .rank = rank, .taken = taken, .again = true});
  }
  void taken(std::uint32_t rank, std::uint64_t taken) { fan.on_credit({.job = job, .rank = rank, .taken = taken}); }
  void close(std::uint32_t rank) { fan.on_credit({.job = job, .rank = rank, .end = true}); }
  bool send(std::uint64_t offset, std::string_view text, bool end = false) {
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return fan.on_input({offset, end, {data, data + text.size()}}).has_value();
  }
  // All that the rank has got since it was asked last: "0:text 4:more. ", with a dot for the end.
  std::string got(std::uint32_t rank) {
    std::string all;
    for (const auto& input : links.take<StreamInput>(10 + rank)) {
      CHECK(input.job == job);
      CHECK(input.rank == rank);
      const std::string text(reinterpret_cast<const char*>(input.data.data()), input.data.size());
      all += sys::cat(input.offset, ":", text, input.end ? ". " : " ");
    }
    return all;
  }
};

}  // namespace

TEST_CASE("input fan: all ranks get all of it, each from when it has started on") {
  Fan at(all_ranks);
  CHECK(at.fan.feeds(2));
  at.ready(0);
  CHECK(at.send(0, "abc"));
  CHECK(at.got(0) == "0:abc ");
  CHECK(at.got(1).empty());
  at.ready(1);
  CHECK(at.got(1) == "0:abc ");
  CHECK(at.send(3, "de", true));
  at.ready(2);
  CHECK(at.got(0) == "3:de. ");
  CHECK(at.got(1) == "3:de. ");
  CHECK(at.got(2) == "0:abcde. ");
  CHECK(at.told.empty());
}

TEST_CASE("input fan: one rank gets it, or none") {
  Fan at(1);
  CHECK_FALSE(at.fan.feeds(0));
  CHECK(at.fan.feeds(1));
  CHECK_FALSE(at.fan.feeds(3));
  for (std::uint32_t rank = 0; rank < 4; ++rank)
    at.ready(rank);
  CHECK(at.send(0, "abc"));
  CHECK(at.got(0).empty());
  CHECK(at.got(1) == "0:abc ");
  Fan none(transport::no_rank);
  CHECK_FALSE(none.fan.feeds(0));
  CHECK(none.send(0, "abc"));
  none.fan.on_over(0);
  CHECK(none.told.empty());
}

TEST_CASE("input fan: the slowest reader says what has been taken, in portions") {
  Fan at(all_ranks);
  for (std::uint32_t rank = 0; rank < 3; ++rank)
    at.ready(rank);
  CHECK(at.send(0, std::string(window, 'x')));
  at.taken(0, window);
  at.taken(1, window / 2);
  CHECK(at.told.empty());
  at.taken(2, window / 4 - 1);
  CHECK(at.told.empty());
  at.taken(2, window / 4);
  REQUIRE(at.told.size() == 1);
  CHECK(at.told[0].taken == window / 4);
  CHECK_FALSE(at.told[0].end);
  at.taken(2, window / 4 - 1);  // old news
  at.fan.on_over(2);
  REQUIRE(at.told.size() == 2);
  CHECK(at.told[1].taken == window / 2);
  at.close(1);
  CHECK(at.told[2].taken == window);
  CHECK_FALSE(at.told[2].end);
  at.close(0);
  CHECK(at.told[3].end);
  CHECK(at.told.size() == 4);
  at.close(0);
  CHECK(at.send(window, "more"));
  CHECK(at.told.size() == 4);
}

TEST_CASE("input fan: nobody is told of the end of what has ended") {
  Fan at(1);
  at.ready(1);
  CHECK(at.send(0, "abc", true));
  at.fan.on_over(1);
  CHECK(at.told.empty());
}

TEST_CASE("input fan: what was lost on its way to a rank is sent to that one again") {
  Fan at(all_ranks);
  at.ready(0);
  at.ready(1);
  CHECK(at.send(0, "abcdef"));
  at.got(0), at.got(1);
  at.ready(0, 4);
  CHECK(at.got(0) == "4:ef ");
  CHECK(at.got(1).empty());
  at.ready(0, 6);
  CHECK(at.got(0).empty());
}

TEST_CASE("input fan: a command that sends too much, or leaves something out, is refused") {
  Fan at(0);
  at.ready(0);
  CHECK_FALSE(at.send(0, std::string(window + 1, 'x')));
  CHECK(at.send(0, std::string(window, 'x')));
  CHECK_FALSE(at.send(window, "x"));
  CHECK_FALSE(at.send(~std::uint64_t{0}, "x"));
  at.taken(0, window / 2);
  CHECK_FALSE(at.send(window + 1, "x"));
  CHECK(at.send(window, "x"));
}

TEST_CASE("input fan: what a command sends again is passed over") {
  Fan at(0);
  at.ready(0);
  CHECK(at.send(0, "abc"));
  CHECK(at.send(0, "abcde"));
  CHECK(at.send(0, "ab"));
  CHECK(at.got(0) == "0:abc 3:de ");
}

TEST_CASE("input fan: a job that is taken over goes on where command and ranks are") {
  Fan at(all_ranks);
  CHECK(at.send(window * 3, std::string(window, 'x')));
  at.ready(0, window * 3 + 1);
  at.ready(1, window * 4);
  at.ready(2, window * 3 + window / 2);
  const auto input = at.links.take<StreamInput>(10);
  REQUIRE(input.size() == 1);
  CHECK(input[0].offset == window * 3 + 1);
  CHECK(at.got(1).empty());
  CHECK(at.told.empty());
  at.taken(0, window * 3 + window / 2);
  REQUIRE(at.told.size() == 1);
  CHECK(at.told[0].taken == window * 3 + window / 2);
  CHECK(at.send(window * 4, "more"));
  CHECK(at.got(1) == sys::cat(window * 4, ":more "));
}
