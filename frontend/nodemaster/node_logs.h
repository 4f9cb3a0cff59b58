// The nodes' log lines as they arrive: a bounded ring of lines for each node, read at any pace by whoever looks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "sys/clock.h"
#include "sys/log.h"
#include "transport/messages.h"

namespace frontend {

class NodeLogs {
 public:
  static constexpr std::size_t max_bytes = 64u << 10;  // of text and bookkeeping, per node
  static constexpr std::size_t max_read = 500;         // lines at once

  struct Piece {
    std::uint64_t lost = 0;  // lines between the cursor and the first one here that are gone
    std::vector<transport::LogEntry> lines;
  };

  // A node sends its whole ring again after it has connected again: lines that are here already are left out.
  void add(transport::NodeNumber node, std::uint64_t boot_id, transport::LogLines news);
  // A line of the front end's own about the node; its sequence is 0.
  void add_line(transport::NodeNumber node, sys::Severity severity, sys::WallTime when, std::string text);
  // The lines from `cursor` on, at most max_read; moves the cursor past them. Cursor 0: from the oldest line held.
  Piece read(transport::NodeNumber node, std::uint64_t& cursor) const;
  bool has_more(transport::NodeNumber node, std::uint64_t cursor) const;

  // `watcher` is told which node has new lines, until unwatch().
  std::uint64_t watch(std::function<void(transport::NodeNumber)> watcher);
  void unwatch(std::uint64_t id) { watchers_.erase(id); }

 private:
  struct Ring {
    std::deque<transport::LogEntry> lines;
    std::uint64_t first = 1;  // our own number of lines.front(); counts on over the node's lives
    std::size_t bytes = 0;
    std::uint64_t boot_id = 0;  // whose sequence numbers:
    std::uint64_t last_seen = 0;
    void push(transport::LogEntry line);
  };
  void tell(transport::NodeNumber node);

  std::map<transport::NodeNumber, Ring> rings_;
  std::map<std::uint64_t, std::function<void(transport::NodeNumber)>> watchers_;
  std::uint64_t next_watcher_ = 1;
};

}  // namespace frontend
