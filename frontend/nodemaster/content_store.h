// What the front end serves to nodes: content by hash, and the files that it is read from. Content is on offer as long as
// somebody (a plan, a job) holds an Offer of it. The nodes check what they get against the hash.
//
// A node may belong to whoever has made the offer, so an offer of a command's files carries the command's rights, with
// which they are opened: nobody gets through nodemaster what the kernel would not let him read. And it is for the nodes where
// the command may start something: what one offers comes in the way of no other's. Plans are root's, and for all nodes.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sys/borrowed_rights.h"
#include "sys/file_reader.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

struct ContentSource {
  transport::Content content;
  std::string path;  // on the front end
};

// With whose rights an offer's files are opened; null: with nodemaster's own.
using ReaderRights = std::shared_ptr<const sys::FileRights>;

class ContentStore {
 public:
  using Opener = std::function<sys::Result<sys::FileReader>(const std::string& path, const sys::FileRights* rights)>;
  static sys::Result<sys::FileReader> open_file(const std::string& path, const sys::FileRights* rights);

  static constexpr std::uint32_t max_block = 1u << 20;  // bytes
  static constexpr std::size_t max_open_files = 32;
  static constexpr std::size_t max_tries = 8;  // of the files that are offered as the same content

  explicit ContentStore(Opener opener = open_file) : opener_(std::move(opener)) {}

  using Nodes = std::shared_ptr<std::set<transport::NodeNumber>>;  // that get an offer; null: all

  // Movable; the store must outlive it.
  class Offer {
   public:
    Offer() = default;
    Offer(ContentStore& store, std::uint64_t number, std::vector<transport::ContentHash> hashes, Nodes nodes)
        : store_(&store), number_(number), hashes_(std::move(hashes)), nodes_(std::move(nodes)) {}
    Offer(Offer&& other) noexcept { *this = std::move(other); }
    Offer& operator=(Offer&& other) noexcept {
      std::swap(store_, other.store_);
      std::swap(number_, other.number_);
      std::swap(hashes_, other.hashes_);
      std::swap(nodes_, other.nodes_);
      return *this;
    }
    ~Offer() {
      if (store_) store_->withdraw(number_, hashes_);
    }
    // From now on that node gets it.
    void extend_to(transport::NodeNumber node) {
      if (nodes_) nodes_->insert(node);
    }

   private:
    ContentStore* store_ = nullptr;
    std::uint64_t number_ = 0;
    std::vector<transport::ContentHash> hashes_;
    Nodes nodes_;
  };

  // With `rights`: for no node yet (Offer::extend_to()); without: for all.
  Offer offer(const std::vector<ContentSource>& sources, const ReaderRights& rights = nullptr);
  // The piece that a node asks for, or Block::reason why not. Reads the file, from the page cache as a rule.
  transport::Block read(transport::NodeNumber node, const transport::Fetch& fetch);
  std::size_t size() const { return items_.size(); }

 private:
  struct Source {
    std::uint64_t offer = 0;
    ContentSource file;
    ReaderRights rights;
    Nodes nodes;
    bool is_for(transport::NodeNumber node) const { return !nodes || nodes->contains(node); }
    // A user's file may change while it is read, and what comes then has another hash.
    int order() const { return !rights ? 0 : rights->uid == 0 ? 1 : 2; }
  };
  // Each offer's own: one that is wrong, or may not be read, takes no other's place. Those of plans come first, as no
  // command is to stand in their way, then root's, then others', each the newest first.
  using Sources = std::vector<Source>;
  struct OpenFile {
    std::uint64_t offer;  // that it was opened for, with the rights of that one
    transport::ContentHash hash;
    sys::FileReader reader;
  };

  void withdraw(std::uint64_t offer, const std::vector<transport::ContentHash>& hashes);
  void add(Source source);
  sys::Result<sys::FileReader*> open(const Source& source);
  sys::Result<sys::FileReader> open_anew(const Source& source);
  sys::Status fill(transport::NodeNumber node, const transport::Fetch& fetch, transport::Bytes& data);
  sys::Status fill_from(const Source& source, const transport::Fetch& fetch, transport::Bytes& data);

  const Opener opener_;
  std::uint64_t next_offer_ = 1;
  std::map<transport::ContentHash, Sources> items_;
  std::list<OpenFile> open_files_;  // last used first
};

}  // namespace frontend
