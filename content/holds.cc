#include "content/holds.h"

#include <algorithm>

namespace content {

using transport::ContentHash;

Holds::Id Holds::add(const std::vector<transport::FileEntry>& entries) {
  const Id id = next_++;
  Hold& hold = holds_[id];
  for (const transport::FileEntry& entry : entries) {
    Used& used = used_[entry.content.hash];
    ++used.holds;
    used.last = id;
    if (used.places.size() < max_places) used.places.insert(entry.path);
    hold.contents.push_back(entry.content.hash);
    hold.paths.push_back(entry.path);
  }
  return id;
}

void Holds::placed(Id id, bool all) {
  const auto found = holds_.find(id);
  if (found == holds_.end()) return;
  Hold& hold = found->second;
  for (std::size_t i = 0; all && i < hold.paths.size(); ++i) {
    Used& used = used_[hold.contents[i]];
    if (used.put.size() < max_places) used.put.insert(hold.paths[i]);
  }
  hold.paths.clear();
}

void Holds::remove(Id id) {
  const auto found = holds_.find(id);
  if (found == holds_.end()) return;
  for (const ContentHash& hash : found->second.contents) {
    Used& used = used_[hash];
    --used.holds;
    used.last = next_;
  }
  ++next_;
  holds_.erase(found);
}

bool Holds::in_use(const ContentHash& hash) const {
  const auto found = used_.find(hash);
  return found != used_.end() && found->second.holds > 0;
}

std::uint64_t Holds::last_use(const ContentHash& hash) const {
  const auto found = used_.find(hash);
  return found == used_.end() ? 0 : found->second.last;
}

std::vector<std::string> Holds::places(const ContentHash& hash) const {
  const auto found = used_.find(hash);
  if (found == used_.end()) return {};
  return {found->second.places.begin(), found->second.places.end()};
}

bool Holds::has_put(const std::string& path) const {
  return std::any_of(used_.begin(), used_.end(), [&](const auto& used) { return used.second.put.contains(path); });
}

std::set<std::string> Holds::being_placed() const {
  std::set<std::string> paths;
  for (const auto& [id, hold] : holds_)
    paths.insert(hold.paths.begin(), hold.paths.end());
  return paths;
}

void Holds::forget(const ContentHash& hash) {
  if (!in_use(hash)) return void(used_.erase(hash));
  used_[hash].put.clear();
}

}  // namespace content
