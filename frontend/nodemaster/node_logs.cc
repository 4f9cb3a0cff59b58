#include "frontend/nodemaster/node_logs.h"

#include <algorithm>

#include "sys/text.h"

namespace frontend {
namespace {

std::size_t cost_of(const transport::LogEntry& line) { return sizeof line + line.text.size(); }

}  // namespace

void NodeLogs::Ring::push(transport::LogEntry line) {
  bytes += cost_of(line);
  lines.push_back(std::move(line));
  while (bytes > max_bytes && lines.size() > 1) {
    bytes -= cost_of(lines.front());
    lines.pop_front();
    ++first;
  }
}

void NodeLogs::add(transport::NodeNumber node, std::uint64_t boot_id, transport::LogLines news) {
  Ring& ring = rings_[node];
  if (ring.boot_id != boot_id) {
    ring.boot_id = boot_id;
    ring.last_seen = 0;
  }
  if (news.lost > 0) {
    const std::uint64_t wall_ns = news.lines.empty() ? 0 : news.lines.front().wall_ns;
    ring.push({0, 4, wall_ns, sys::cat("(", news.lost, " lines were lost on the node)")});
  }
  for (transport::LogEntry& line : news.lines) {
    if (line.sequence <= ring.last_seen) continue;
    ring.last_seen = line.sequence;
    ring.push(std::move(line));
  }
  tell(node);
}

void NodeLogs::add_line(transport::NodeNumber node, sys::Severity severity, sys::WallTime when, std::string text) {
  const auto wall_ns = static_cast<std::uint64_t>(when.time_since_epoch().count());
  rings_[node].push({0, static_cast<std::uint8_t>(severity), wall_ns, std::move(text)});
  tell(node);
}

// A watcher may go while it is told.
void NodeLogs::tell(transport::NodeNumber node) {
  const auto watchers = watchers_;
  for (const auto& [id, watcher] : watchers) {
    if (watchers_.contains(id)) watcher(node);
  }
}

NodeLogs::Piece NodeLogs::read(transport::NodeNumber node, std::uint64_t& cursor) const {
  Piece piece;
  const auto found = rings_.find(node);
  if (found == rings_.end()) return piece;
  const Ring& ring = found->second;
  if (cursor != 0 && cursor < ring.first) piece.lost = ring.first - cursor;
  cursor = std::max(cursor, ring.first);
  const std::uint64_t end = ring.first + ring.lines.size();
  for (; cursor < end && piece.lines.size() < max_read; ++cursor) {
    piece.lines.push_back(ring.lines[static_cast<std::size_t>(cursor - ring.first)]);
  }
  return piece;
}

bool NodeLogs::has_more(transport::NodeNumber node, std::uint64_t cursor) const {
  const auto found = rings_.find(node);
  return found != rings_.end() && cursor < found->second.first + found->second.lines.size();
}

std::uint64_t NodeLogs::watch(std::function<void(transport::NodeNumber)> watcher) {
  watchers_.emplace(next_watcher_, std::move(watcher));
  return next_watcher_++;
}

}  // namespace frontend
