#include "content/cache.h"

#include <doctest/doctest.h>

#include <deque>
#include <optional>

#include "content/hash.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_loop.h"

using namespace transport;

namespace {

Content content_of(std::string_view text) {
  content::Hasher hasher;
  hasher.add(std::as_bytes(std::span(text)));
  return {hasher.finish(), text.size()};
}

// A node's cache and a front end that answers when the test says so.
struct Setting {
  explicit Setting(content::CacheLimits limits = {.block = 10, .blocks_in_flight = 4, .file_size = 1000, .files = 20})
      : cache(std::in_place, loop, files, "/cache", limits) {}

  void connect() {
    cache->set_source([this](const Fetch& fetch) { asked.push_back(fetch); });
  }
  void lose_connection() {
    asked.clear();
    cache->set_source({});
  }
  void offer(const std::string& text) { texts[content_of(text).hash] = text; }

  Block answer_to(const Fetch& fetch) const {
    Block block{fetch.hash, fetch.offset, "", {}};
    const auto text = texts.find(fetch.hash);
    if (text == texts.end()) {
      block.reason = "no such content";
      return block;
    }
    const auto bytes = std::as_bytes(std::span(text->second)).subspan(fetch.offset, fetch.length);
    block.data.assign(bytes.begin(), bytes.end());
    return block;
  }
  void answer(std::size_t count) {
    for (std::size_t i = 0; i < count && !asked.empty(); ++i) {
      const Fetch fetch = asked.front();
      asked.pop_front();
      cache->on_block(answer_to(fetch));
    }
  }
  void answer_all() {
    while (!asked.empty())
      answer(1);
    loop.run_until_idle();
  }
  void want(const Content& content) {
    cache->want(content, [this](const sys::Result<std::string>& path) {
      found.push_back(path ? *path : "error: " + path.error().text());
    });
  }

  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeFiles files{faults};
  std::optional<content::Cache> cache;
  std::deque<Fetch> asked;
  std::map<ContentHash, std::string> texts;
  std::vector<std::string> found;
};

const std::string text = "the quick brown fox jumps over the lazy dog";

}  // namespace

TEST_CASE("content is fetched in blocks, checked, and given its name only then") {
  Setting s;
  s.offer(text);
  s.connect();
  s.want(content_of(text));
  const std::string path = s.cache->path_of(content_of(text).hash);
  CHECK(path == "/cache/" + content::format_hash(content_of(text).hash));
  CHECK(s.asked.size() == 4);
  s.answer(4);
  CHECK_FALSE(s.files.exists(path));
  s.answer(1);
  CHECK(s.files.content(path) == text);
  CHECK(s.files.facts("/cache").value()->mode == 0700);  // some of it may be for root's eyes only
  CHECK(s.found.empty());                                // from the loop, not from inside the call
  s.loop.run_until_idle();
  CHECK(s.found == std::vector<std::string>{path});
  CHECK(s.cache->bytes_held() == text.size());
  CHECK(s.cache->bytes_fetched() == text.size());
  CHECK(s.cache->blocks_refused() == 0);
}

TEST_CASE("what is there is not fetched again, and several may wait for one content") {
  Setting s;
  s.offer(text);
  s.connect();
  s.want(content_of(text));
  s.want(content_of(text));
  s.answer_all();
  s.want(content_of(text));
  CHECK(s.asked.empty());
  s.loop.run_until_idle();
  CHECK(s.found == std::vector<std::string>(3, s.cache->path_of(content_of(text).hash)));
  CHECK(s.cache->bytes_fetched() == text.size());
}

TEST_CASE("an empty content needs no block, but the right hash") {
  Setting s;
  s.connect();
  s.want(content_of(""));
  s.want({content_of("x").hash, 0});
  s.loop.run_until_idle();
  CHECK(s.asked.empty());
  REQUIRE(s.found.size() == 2);
  CHECK(s.found[0] == s.cache->path_of(content_of("").hash));
  CHECK(s.found[1].find("instead of") != std::string::npos);
}

TEST_CASE("damaged content reaches no one") {
  Setting s;
  s.texts[content_of(text).hash] = std::string(text.size(), '?');
  s.connect();
  s.want(content_of(text));
  s.want(content_of(text));
  s.answer_all();
  REQUIRE(s.found.size() == 2);
  CHECK(s.found[0].starts_with("error: fetch content " + content::format_hash(content_of(text).hash).substr(0, 12)));
  CHECK(s.found[0].find("the file has changed on the front end") != std::string::npos);
  CHECK(s.found[1] == s.found[0]);
  CHECK(s.files.list("/cache")->empty());
  CHECK(s.cache->bytes_held() == 0);

  s.offer(text);
  s.want(content_of(text));
  s.answer_all();
  CHECK(s.found.back() == s.cache->path_of(content_of(text).hash));
}

TEST_CASE("the front end's reason is passed on, made printable") {
  Setting s;
  s.connect();
  s.want(content_of(text));
  s.cache->on_block({content_of(text).hash, 0, "gone\x1b[2J", {}});
  s.loop.run_until_idle();
  REQUIRE(s.found.size() == 1);
  CHECK(s.found[0].find(": gone\\x1b[2J") != std::string::npos);
}

TEST_CASE("a fetch goes on over the next connection from the last block that came") {
  Setting s;
  s.offer(text);
  s.want(content_of(text));
  CHECK(s.asked.empty());
  s.connect();
  s.answer(2);
  s.lose_connection();
  s.loop.run_until_idle();
  CHECK(s.found.empty());
  s.connect();
  REQUIRE(s.asked.size() == 3);
  CHECK(s.asked.front().offset == 20);
  s.answer_all();
  CHECK(s.files.content(s.cache->path_of(content_of(text).hash)) == text);
  CHECK(s.cache->bytes_fetched() == text.size());
}

TEST_CASE("a large file does not hold up a small one, and no more than the window is in flight") {
  Setting s;
  const std::string large(900, 'x');
  s.offer(large);
  s.offer("small");
  s.connect();
  s.want(content_of(large));
  s.want(content_of("small"));
  CHECK(s.asked.size() == 4);
  s.answer(6);
  CHECK(s.asked.size() == 4);
  s.loop.run_until_idle();
  CHECK(s.found == std::vector<std::string>{s.cache->path_of(content_of("small").hash)});
  s.answer_all();
  CHECK(s.files.content(s.cache->path_of(content_of(large).hash)) == large);
}

TEST_CASE("more files than are open at once all arrive") {
  Setting s;
  s.connect();
  for (char c = 'a'; c < 'a' + 20; ++c) {
    s.offer(std::string(25, c));
    s.want(content_of(std::string(25, c)));
  }
  s.answer_all();
  CHECK(s.found.size() == 20);
  CHECK(s.cache->bytes_held() == 500);
}

TEST_CASE("blocks that nobody asked for are ignored and counted") {
  Setting s;
  s.offer(text);
  s.cache->on_block({content_of(text).hash, 0, "", Bytes(10)});
  s.connect();
  s.want(content_of(text));
  const Block first = s.answer_to(s.asked[0]);
  const Block second = s.answer_to(s.asked[1]);
  s.cache->on_block(second);  // out of turn
  CHECK(s.cache->blocks_refused() == 2);
  s.cache->on_block(first);
  s.cache->on_block(first);  // again
  CHECK(s.cache->blocks_refused() == 3);
  s.asked.pop_front();
  s.answer_all();
  CHECK(s.files.content(s.cache->path_of(content_of(text).hash)) == text);
}

TEST_CASE("a block of another length than asked for fails the fetch") {
  Setting s;
  s.connect();
  s.want(content_of(text));
  s.cache->on_block({content_of(text).hash, 0, "", Bytes(11)});
  s.loop.run_until_idle();
  REQUIRE(s.found.size() == 1);
  CHECK(s.found[0].ends_with("11 bytes came at 0 where 10 were asked for"));
}

TEST_CASE("what is too large, too much, or contradicts itself is refused") {
  Setting s;
  s.want({content_of("a").hash, 1001});
  s.want({content_of("b").hash, 5});
  s.want({content_of("b").hash, 6});
  for (std::uint8_t i = 0; i < 20; ++i)
    s.want({{i}, 5});
  s.loop.run_until_idle();
  REQUIRE(s.found.size() == 3);
  CHECK(s.found[0].ends_with("has 1001 bytes, at most 1000 are kept"));
  CHECK(s.found[1].ends_with("is wanted with 6 and with 5 bytes"));
  CHECK(s.found[2] == "error: more than 20 files are being fetched");
}

TEST_CASE("a file that was changed or removed in the cache is fetched again") {
  Setting s;
  s.offer(text);
  s.connect();
  const std::string path = s.cache->path_of(content_of(text).hash);
  s.want(content_of(text));
  s.answer_all();
  for (int round = 0; round < 2; ++round) {
    if (round == 0) {
      s.files.put(path, "shorter");
    } else {
      REQUIRE(s.files.remove(path));
    }
    s.want(content_of(text));
    CHECK_FALSE(s.asked.empty());
    s.answer_all();
    CHECK(s.files.content(path) == text);
  }
}

TEST_CASE("an older file that a placement has put in its place is the content, until somebody writes to it") {
  Setting s;
  s.offer(text);
  s.connect();
  const std::string path = s.cache->path_of(content_of(text).hash);
  s.files.put("/lib/libc.so", text);  // older than what the cache fetches
  s.want(content_of(text));
  s.answer_all();
  REQUIRE(s.files.remove(path));
  REQUIRE(s.files.hard_link("/lib/libc.so", path));
  s.want(content_of(text));
  CHECK(s.asked.empty());
  s.loop.run_until_idle();
  CHECK(s.found.size() == 2);

  REQUIRE(s.files.set_modified(path, std::int64_t{1} << 60));
  s.want(content_of(text));
  CHECK_FALSE(s.asked.empty());
}

TEST_CASE("dropped content is gone, and can be had again") {
  Setting s;
  s.offer(text);
  s.connect();
  s.want(content_of(text));
  s.answer_all();
  s.cache->drop(content_of(text).hash);
  CHECK(s.cache->bytes_held() == 0);
  CHECK_FALSE(s.files.exists(s.cache->path_of(content_of(text).hash)));
  s.want(content_of(text));
  s.answer_all();
  CHECK(s.found.size() == 2);
}

TEST_CASE("all of several contents, in their order") {
  Setting s;
  s.offer("one");
  s.offer("two");
  s.connect();
  std::vector<std::vector<std::string>> answers;
  const auto note = [&](const sys::Result<std::vector<std::string>>& paths) {
    answers.push_back(paths ? *paths : std::vector<std::string>{paths.error().text()});
  };
  s.cache->want_all({{"/b", content_of("two")}, {"/a", content_of("one")}, {"/c", content_of("two")}}, note);
  s.cache->want_all({}, note);
  CHECK(answers.empty());
  s.answer_all();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].empty());
  const std::string one = s.cache->path_of(content_of("one").hash), two = s.cache->path_of(content_of("two").hash);
  CHECK(answers[1] == std::vector<std::string>{two, one, two});

  s.cache->want_all({{"/x", content_of("absent")}, {"/y", content_of("absent too")}}, note);
  s.answer_all();
  REQUIRE(answers.size() == 3);
  REQUIRE(answers[2].size() == 1);
  CHECK(answers[2][0].starts_with("/x: fetch content "));
}

TEST_CASE("a cache that is destroyed calls no one") {
  Setting s;
  s.offer(text);
  s.connect();
  s.want(content_of(text));
  while (!s.asked.empty())
    s.answer(1);
  s.cache.reset();
  s.loop.run_until_idle();
  CHECK(s.found.empty());
}

TEST_CASE("whichever call fails, every waiter is answered once, and the next try succeeds") {
  int n = 1;
  for (;; ++n) {
    CAPTURE(n);
    Setting s;
    s.offer(text);
    s.connect();
    s.faults.fail_at = n;
    s.want(content_of(text));
    s.answer_all();
    CHECK(s.found.size() == 1);
    if (!s.faults.fired()) break;
    s.want(content_of(text));
    s.answer_all();
    REQUIRE(s.found.size() == 2);
    CHECK(s.found[1] == s.cache->path_of(content_of(text).hash));
    CHECK(s.files.content(s.found[1]) == text);
  }
  CHECK(n > 5);
}
