#include "frontend/nodemaster/held_news.h"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace transport;

namespace {

struct Held {
  frontend::HeldNews news;
  std::vector<Message> said;
  const frontend::HeldNews::Send send = [this](const Message& message) { said.push_back(message); };

  void output(std::uint32_t rank, std::uint64_t offset, std::string_view text, StreamName stream = StreamName::output) {
    const auto data = std::as_bytes(std::span(text));
    CHECK(news.keep(RunOutput{rank, stream, offset, {data.begin(), data.end()}}));
  }
  std::string text(std::size_t index) const {
    const auto& data = std::get<RunOutput>(said.at(index)).data;
    return {reinterpret_cast<const char*>(data.data()), data.size()};
  }
};

}  // namespace

TEST_CASE("held news: output is joined, each stream by itself, and what comes twice counts once") {
  Held at;
  at.output(1, 100, "ab");
  at.output(1, 7, "err", StreamName::error);
  at.output(1, 102, "cd");
  at.output(1, 103, "de");
  at.output(1, 100, "a");
  at.output(2, 0, "other");
  at.news.release(1, at.send);
  REQUIRE(at.said.size() == 2);
  CHECK(std::get<RunOutput>(at.said[0]).offset == 100);
  CHECK(at.text(0) == "abcde");
  CHECK(at.text(1) == "err");
  CHECK(at.news.release_one(at.send));
  CHECK(at.text(2) == "other");
  CHECK_FALSE(at.news.release_one(at.send));
  CHECK(at.news.empty());
}

TEST_CASE("held news: of states and of processes the newest is told") {
  Held at;
  for (int i = 0; i < 1000; ++i) {
    CHECK(at.news.keep(RunState{0, i}));
    CHECK(at.news.keep(RunProcesses{0, false, {{.pid = i}}}));
  }
  at.news.release(0, at.send);
  REQUIRE(at.said.size() == 2);
  CHECK(std::get<RunProcesses>(at.said[0]).processes[0].pid == 999);
  CHECK(std::get<RunState>(at.said[1]).status == 999);
}

TEST_CASE("held news: what cannot wait is not kept") {
  Held at;
  CHECK_FALSE(at.news.keep(RunEnd{}));
  CHECK_FALSE(at.news.keep(RunStarted{}));
  CHECK(at.news.empty());
}
