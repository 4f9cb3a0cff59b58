// Who uses which contents of the cache, and where they have been placed: what nobody uses may go, the least recently used
// first, and with it the names that it was given on the node, or its memory would stay taken.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "transport/messages.h"

namespace content {

class Holds {
 public:
  using Id = std::uint64_t;
  // Of one content. Names past these are not noted: they stay until the node restarts.
  static constexpr std::size_t max_places = 64;

  // Somebody needs these files; until placed() they are about to get their names.
  Id add(const std::vector<transport::FileEntry>& entries);
  void placed(Id id, bool all);
  void remove(Id id);

  bool in_use(const transport::ContentHash& hash) const;
  // The higher, the later; 0: never.
  std::uint64_t last_use(const transport::ContentHash& hash) const;
  std::vector<std::string> places(const transport::ContentHash& hash) const;
  // Whether some content has been placed there.
  bool has_put(const std::string& path) const;
  // Paths that are being given to whatever content.
  std::set<std::string> being_placed() const;
  // The content is gone.
  void forget(const transport::ContentHash& hash);

 private:
  struct Hold {
    std::vector<transport::ContentHash> contents;
    std::vector<std::string> paths;  // while they are being placed
  };
  struct Used {
    unsigned holds = 0;
    std::uint64_t last = 0;
    std::set<std::string> places;  // where it may be
    std::set<std::string> put;     // where it has been placed
  };

  std::map<Id, Hold> holds_;
  std::map<transport::ContentHash, Used> used_;
  Id next_ = 1;  // also tells what was used later
};

}  // namespace content
