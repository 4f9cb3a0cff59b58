// Files that the node has from the front end, by content hash, in memory (a directory of the root tmpfs).
// What is missing is fetched in blocks, a bounded number in flight, checked against its hash, and only then
// given its name. Requests survive a broken connection: they go on when the next one is there, from the
// last block that arrived. A file in the cache that was changed since is fetched again.
//
//   wanted -> waiting --fewer than 16 open--> active --all blocks--> held
//
// The front end answers in the order in which it was asked. A block that nobody asked for, or that comes out of turn,
// is ignored and counted: it may be the late answer to a fetch that has failed.
//
// Who needs files says so with a Hold. What nobody holds can be evicted: evict() chooses and forgets contents, its caller
// removes their files, which may take a while, and then says evicted(). Whoever wants one of them in between, or a file at
// one of their places, waits until then.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sys/files.h"
#include "sys/loop.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace content {

struct CacheLimits {
  std::uint32_t block = 256u << 10;       // bytes per Fetch
  unsigned blocks_in_flight = 4;          // over all files
  std::uint64_t file_size = 16ull << 30;  // a larger one is refused
  std::size_t files = 16384;              // under fetch
};

class Cache {
 public:
  using Ready = std::function<void(sys::Result<std::string>)>;  // the path of the content, or why not
  using AllReady = std::function<void(sys::Result<std::vector<std::string>>)>;

  struct State;

  // For as long as it lives, these files are used. Movable.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : state_(std::move(other.state_)), id_(std::exchange(other.id_, 0)) {}
    Hold& operator=(Hold&& other) noexcept;
    ~Hold() { release(); }
    // The files have their names on the node; or not all, and none will be given any more.
    void placed(bool all = true);

   private:
    friend class Cache;
    void release();
    std::weak_ptr<State> state_;
    std::uint64_t id_ = 0;  // 0: none
  };

  // A content that is to go, and its file in the cache; `places`: the names that it may have been given besides.
  struct Victim {
    transport::ContentHash hash{};
    std::string path;
    std::uint64_t inode = 0;  // of what was fetched; another one is a step's file, which a placement has found
    std::vector<std::string> places;
  };

  // `directory` is on the root file system, made if missing.
  Cache(sys::Loop& loop, sys::Files& files, std::string directory, CacheLimits limits);
  ~Cache();

  // How Fetch messages go out; empty while there is no bulk connection.
  void set_source(std::function<void(const transport::Fetch&)> send);
  // What the front end answered.
  void on_block(const transport::Block& block);

  // Calls `ready` from the loop, once, when the content is here or cannot be had. Several may wait for one content.
  void want(const transport::Content& content, Ready ready);
  // All of them; the first failure counts. Paths in the order of `entries`.
  void want_all(const std::vector<transport::FileEntry>& entries, AllReady ready);
  Hold hold(const std::vector<transport::FileEntry>& entries);
  // Those of their paths at which contents have been placed.
  std::set<std::string> placed_among(const std::vector<transport::FileEntry>& entries) const;
  // Called from the loop when a hold has gone.
  void on_released(std::function<void()> call);
  // The least recently used contents that nobody holds, are not `needed`, and share no place with a file that is being placed:
  // so many that the others have `limit` bytes, if there are enough. None while the last ones are on their way.
  std::vector<Victim> evict(std::uint64_t limit, const std::set<transport::ContentHash>& needed);
  // The files of these victims are gone; the others are here still.
  void evicted(const std::set<transport::ContentHash>& gone);
  // Where content is kept, whether it is there or not.
  std::string path_of(const transport::ContentHash& hash) const;
  // Forgets a content; files that were linked to it stay.
  void drop(const transport::ContentHash& hash);
  std::uint64_t bytes_held() const;
  std::uint64_t bytes_fetched() const;
  std::uint64_t blocks_refused() const;

 private:
  std::shared_ptr<State> state_;  // shared with what the loop has yet to call
};

}  // namespace content
