// What the cache lets go of, and what it never does.
#include <doctest/doctest.h>

#include "tests/fakes/fake_content.h"

namespace {

using Hashes = std::set<transport::ContentHash>;

struct Filled {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeFiles files{faults};
  fakes::FakeContent content{loop, files};
  int ready = 0;
  int released = 0;

  Filled() {
    content.cache.on_released([this] { ++released; });
  }
  // A file with ten bytes, all of them `letter`.
  transport::FileEntry entry(char letter, const std::string& path = "") {
    const std::string text(10, letter);
    return {path.empty() ? std::string("/bin/") + letter : path, content.offer(text), 0755};
  }
  content::Cache::Hold use(const transport::FileEntry& entry) {
    auto hold = content.cache.hold({entry});
    want(entry);
    loop.run_until_idle();
    return hold;
  }
  void want(const transport::FileEntry& entry) {
    content.cache.want_all({entry}, [this](const auto& paths) { ready += paths ? 1 : 0; });
  }
  // The letters of what goes.
  std::string evict(std::uint64_t limit, const Hashes& needed = {}) {
    std::string letters;
    for (const auto& victim : content.cache.evict(limit, needed))
      letters += files.content(victim.path).substr(0, 1);
    return letters;
  }
};

TEST_CASE("eviction: the least recently used go first, and no more than have to") {
  Filled cache;
  for (const char letter : {'a', 'b', 'c'})
    cache.use(cache.entry(letter));
  cache.use(cache.entry('a'));
  CHECK(cache.evict(30) == "");
  CHECK(cache.evict(15) == "bc");
  CHECK(cache.content.cache.bytes_held() == 10);
}

TEST_CASE("eviction: what is used or needed stays, whatever the limit") {
  Filled cache;
  const auto hold = cache.use(cache.entry('a'));
  cache.use(cache.entry('b'));
  cache.use(cache.entry('c'));
  CHECK(cache.evict(0, {cache.entry('b').content.hash}) == "c");
}

TEST_CASE("eviction: a content is used until its last hold goes, which is told") {
  Filled cache;
  auto first = cache.use(cache.entry('a'));
  auto second = cache.use(cache.entry('a'));
  first = {};
  CHECK(cache.evict(0) == "");
  second = {};
  cache.loop.run_until_idle();
  CHECK(cache.released == 2);
  CHECK(cache.evict(0) == "a");
}

TEST_CASE("eviction: no name is taken away that a file is about to get") {
  Filled cache;
  cache.use(cache.entry('a', "/bin/tool"));
  auto hold = cache.use(cache.entry('b', "/bin/tool"));
  CHECK(cache.evict(10) == "");
  hold.placed();
  CHECK(cache.evict(10) == "a");
}

TEST_CASE("eviction: who wants what is going waits until it has gone, and gets it anew") {
  Filled cache;
  cache.use(cache.entry('a', "/bin/tool"));
  const int before = cache.ready;
  CHECK(cache.evict(0) == "a");
  cache.want(cache.entry('a'));               // the content
  cache.want(cache.entry('b', "/bin/tool"));  // a name of it
  cache.want(cache.entry('c'));               // neither
  cache.loop.run_until_idle();
  CHECK(cache.ready == before + 1);
  CHECK(cache.evict(0) == "");  // one after the other
  cache.content.cache.evicted({cache.entry('a').content.hash});
  cache.loop.run_until_idle();
  CHECK(cache.ready == before + 3);
}

TEST_CASE("eviction: what could not be removed is there still, and can be evicted once more") {
  Filled cache;
  cache.use(cache.entry('a', "/bin/tool"));
  const auto before = cache.content.cache.bytes_held();
  CHECK(cache.evict(0) == "a");
  CHECK(cache.content.cache.bytes_held() == before - 10);
  cache.content.cache.evicted({});
  CHECK(cache.content.cache.bytes_held() == before);
  const auto again = cache.content.cache.evict(0, {});
  REQUIRE(again.size() == 1);
  CHECK(again[0].places == std::vector<std::string>{"/bin/tool"});
}

TEST_CASE("eviction: it is known where something has been placed, and not only was to be") {
  Filled cache;
  const std::vector entries{cache.entry('a', "/bin/tool"), cache.entry('b', "/bin/other")};
  auto hold = cache.use(entries[0]);
  auto other = cache.use(entries[1]);
  CHECK(cache.content.cache.placed_among(entries).empty());
  hold.placed();
  other.placed(false);
  CHECK(cache.content.cache.placed_among(entries) == std::set<std::string>{"/bin/tool"});
  hold = {};
  CHECK(cache.evict(0) != "");
  cache.content.cache.evicted({entries[0].content.hash, entries[1].content.hash});
  CHECK(cache.content.cache.placed_among(entries).empty());
}

TEST_CASE("eviction: a victim has all places that it was given") {
  Filled cache;
  cache.use(cache.entry('a', "/bin/one"));
  cache.use(cache.entry('a', "/bin/two"));
  const auto victims = cache.content.cache.evict(0, {});
  REQUIRE(victims.size() == 1);
  CHECK(victims[0].places == std::vector<std::string>{"/bin/one", "/bin/two"});
}

}  // namespace
