// What the front end serves to nodes: content by hash, and the file that it is read from. Content is on offer as long as
// somebody (a plan, a job) holds an Offer of it. The nodes check what they get against the hash.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sys/file_reader.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

struct ContentSource {
  transport::Content content;
  std::string path;  // on the front end
};

class ContentStore {
 public:
  static constexpr std::uint32_t max_block = 1u << 20;  // bytes
  static constexpr std::size_t max_open_files = 32;

  // Movable; the store must outlive it.
  class Offer {
   public:
    Offer() = default;
    Offer(ContentStore& store, std::vector<transport::ContentHash> hashes)
        : store_(&store), hashes_(std::move(hashes)) {}
    Offer(Offer&& other) noexcept { *this = std::move(other); }
    Offer& operator=(Offer&& other) noexcept {
      std::swap(store_, other.store_);
      std::swap(hashes_, other.hashes_);
      return *this;
    }
    ~Offer() {
      if (store_) store_->withdraw(hashes_);
    }

   private:
    ContentStore* store_ = nullptr;
    std::vector<transport::ContentHash> hashes_;
  };

  Offer offer(const std::vector<ContentSource>& sources);
  // The piece that is asked for, or Block::reason why not. Reads the file, from the page cache as a rule.
  transport::Block read(const transport::Fetch& fetch);
  std::size_t size() const { return items_.size(); }

 private:
  struct Item {
    ContentSource source;  // the newest, when there are several
    unsigned offers = 0;
  };
  struct OpenFile {
    transport::ContentHash hash;
    sys::FileReader reader;
  };

  void withdraw(const std::vector<transport::ContentHash>& hashes);
  sys::Result<sys::FileReader*> open(const ContentSource& source);
  sys::Status fill(const transport::Fetch& fetch, transport::Bytes& data);

  std::map<transport::ContentHash, Item> items_;
  std::list<OpenFile> open_files_;  // last used first
};

}  // namespace frontend
