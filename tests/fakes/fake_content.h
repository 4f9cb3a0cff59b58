// A front end that has content and answers every Fetch for it, and the cache that asks.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "content/cache.h"
#include "content/hash.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_loop.h"

namespace fakes {

inline transport::Content content_of(std::string_view text) {
  content::Hasher hasher;
  hasher.add(std::as_bytes(std::span(text)));
  return {hasher.finish(), text.size()};
}

class FakeContent {
 public:
  FakeContent(FakeLoop& loop, FakeFiles& files) : cache(loop, files, "/run/nodeinit/cache", {}), loop_(loop) {
    connect();
  }
  void connect() {
    cache.set_source([this](const transport::Fetch& fetch) { loop_.defer([this, fetch] { answer(fetch); }); });
  }
  void disconnect() { cache.set_source({}); }

  transport::Content offer(const std::string& text) {
    const auto content = content_of(text);
    texts_[content.hash] = text;
    return content;
  }
  std::string path_of(std::string_view text) const { return cache.path_of(content_of(text).hash); }

  content::Cache cache;

 private:
  void answer(const transport::Fetch& fetch) {
    transport::Block block{fetch.hash, fetch.offset, "", {}};
    const auto text = texts_.find(fetch.hash);
    if (text == texts_.end()) {
      block.reason = "no such content";
    } else {
      const auto bytes = std::as_bytes(std::span(text->second)).subspan(fetch.offset, fetch.length);
      block.data.assign(bytes.begin(), bytes.end());
    }
    cache.on_block(block);
  }

  FakeLoop& loop_;
  std::map<transport::ContentHash, std::string> texts_;
};

}  // namespace fakes
