#include "content/cache.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "content/holds.h"
#include "content/incoming_file.h"
#include "sys/path.h"
#include "sys/text.h"

namespace content {

using transport::Content;
using transport::ContentHash;

namespace {

constexpr std::size_t open_files = 16;  // that are written at the same time

struct Wanted {
  IncomingFile file;
  std::vector<Cache::Ready> waiters;
};

// What a file in the cache looked like when it was finished, or last looked at.
struct Held {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t fetched = 0;  // the inode that it was fetched to
};

// One that was written to is not that content any more. An older file in its place is the one of a placement that has
// found and compared it (process/placement.h): nobody else gives names in the cache's directory, which is root's.
bool is_intact(const sys::FileFacts& there, const Held& held) {
  if (there.size != held.size) return false;
  return there.inode == held.inode ? there.modified_ns == held.modified_ns : there.modified_ns < held.modified_ns;
}

Held held_as(const sys::FileFacts& facts, std::uint64_t fetched) {
  return {facts.size, facts.modified_ns, facts.inode, fetched};
}

}  // namespace

struct Cache::State : std::enable_shared_from_this<Cache::State> {
  State(sys::Loop& loop_of, sys::Files& files_of, std::string directory_of, CacheLimits limits_of)
      : loop(loop_of), files(files_of), directory(std::move(directory_of)), limits(limits_of) {}

  std::string path_of(const ContentHash& hash) const { return sys::cat(directory, "/", format_hash(hash)); }
  bool holds(const Content& content);
  void want(const Content& content, Ready ready);
  bool is_leaving(const ContentHash& hash) const { return leaving.contains(hash); }
  bool are_leaving(const std::vector<transport::FileEntry>& entries) const;
  void answer(Ready ready, sys::Result<std::string> result);

  void set_source(std::function<void(const transport::Fetch&)> send);
  void on_block(const transport::Block& block);
  void pump();
  void open_waiting();
  sys::Status open(IncomingFile& file);
  std::uint64_t requests_in_flight() const;
  IncomingFile* next_to_ask();
  sys::Status complete(IncomingFile& file);
  void settle(const ContentHash& hash, const sys::Status& outcome);

  sys::Loop& loop;
  sys::Files& files;
  const std::string directory;
  const CacheLimits limits;
  std::function<void(const transport::Fetch&)> source;

  std::map<ContentHash, Wanted> wanted;
  std::deque<ContentHash> waiting;  // of `wanted`: not begun
  std::deque<ContentHash> active;   // of `wanted`: being written; the one to ask for next in front
  std::map<ContentHash, Held> held;
  Holds uses;
  std::function<void()> released;
  std::map<ContentHash, Held> leaving;      // evicted, and their files may still be there
  std::set<std::string> leaving_places;     // likewise
  std::vector<std::function<void()>> late;  // what waits until they are gone
  std::uint64_t bytes_fetched = 0;
  std::uint64_t blocks_refused = 0;
};

// ---------------------------------------------------------------- wanting

bool Cache::State::holds(const Content& content) {
  const auto known = held.find(content.hash);
  if (known == held.end()) return false;
  const auto facts = files.facts(path_of(content.hash));
  const bool intact = facts && *facts && content.size == known->second.size && is_intact(**facts, known->second);
  if (intact) {
    known->second = held_as(**facts, known->second.fetched);
  } else {
    held.erase(known);
  }
  return intact;
}

bool Cache::State::are_leaving(const std::vector<transport::FileEntry>& entries) const {
  return std::any_of(entries.begin(), entries.end(), [this](const transport::FileEntry& entry) {
    return is_leaving(entry.content.hash) || leaving_places.contains(entry.path);
  });
}

void Cache::State::want(const Content& content, Ready ready) {
  if (is_leaving(content.hash)) {
    late.push_back([this, content, ready = std::move(ready)] { want(content, ready); });
    return;
  }
  if (holds(content)) return answer(std::move(ready), path_of(content.hash));
  if (content.size > limits.file_size) {
    return answer(std::move(ready), sys::refusal(sys::cat(name_of(content.hash), " has ", content.size,
                                                          " bytes, at most ", limits.file_size, " are kept")));
  }
  auto known = wanted.find(content.hash);
  if (known == wanted.end()) {
    if (wanted.size() >= limits.files) {
      return answer(std::move(ready), sys::refusal(sys::cat("more than ", limits.files, " files are being fetched")));
    }
    known = wanted.emplace(content.hash, Wanted{IncomingFile(content, limits.block), {}}).first;
    waiting.push_back(content.hash);
  } else if (known->second.file.content().size != content.size) {
    return answer(std::move(ready), sys::refusal(sys::cat(name_of(content.hash), " is wanted with ", content.size,
                                                          " and with ", known->second.file.content().size, " bytes")));
  }
  known->second.waiters.push_back(std::move(ready));
  pump();
}

void Cache::State::answer(Ready ready, sys::Result<std::string> result) {
  loop.defer([weak = weak_from_this(), ready = std::move(ready), result = std::move(result)] {
    if (const auto self = weak.lock()) ready(result);
  });
}

// ---------------------------------------------------------------- fetching

void Cache::State::set_source(std::function<void(const transport::Fetch&)> send) {
  source = std::move(send);
  for (const ContentHash& hash : active)
    wanted.at(hash).file.forget_requests();
  pump();
}

void Cache::State::on_block(const transport::Block& block) {
  const auto known = wanted.find(block.hash);
  if (known == wanted.end() || !known->second.file.awaits(block)) {
    ++blocks_refused;
    return;
  }
  IncomingFile& file = known->second.file;
  sys::Status status = file.take(block);
  if (status) bytes_fetched += block.data.size();
  if (status && file.complete()) status = complete(file);
  if (!status || file.complete()) settle(block.hash, status);
  pump();
}

// Asks for as much as may be in flight, for each file in turn, so that a large file does not hold up small ones.
void Cache::State::pump() {
  if (!source) return;
  open_waiting();
  while (requests_in_flight() < limits.blocks_in_flight) {
    IncomingFile* file = next_to_ask();
    if (file == nullptr) return;
    source(file->next_request());
  }
}

void Cache::State::open_waiting() {
  while (active.size() < open_files && !waiting.empty()) {
    const ContentHash hash = waiting.front();
    waiting.pop_front();
    active.push_back(hash);
    IncomingFile& file = wanted.at(hash).file;
    sys::Status status = open(file);
    if (status && file.complete()) status = complete(file);  // an empty one
    if (!status || file.complete()) settle(hash, status);
  }
}

sys::Status Cache::State::open(IncomingFile& file) {
  if (auto status = files.make_directories(std::string(sys::parent_of(directory))); !status) return status;
  // What is in it may be for root's eyes only: who may read a file is told by where it is placed.
  auto made = files.make_directory(directory, {.uid = 0, .gid = 0, .mode = 0700});
  if (!made && made.error().code != EEXIST) return made;
  return file.open(files, path_of(file.content().hash));
}

std::uint64_t Cache::State::requests_in_flight() const {
  std::uint64_t sum = 0;
  for (const ContentHash& hash : active)
    sum += wanted.at(hash).file.requests_in_flight();
  return sum;
}

IncomingFile* Cache::State::next_to_ask() {
  for (std::size_t i = 0; i < active.size(); ++i) {
    const ContentHash hash = active.front();
    active.pop_front();
    active.push_back(hash);
    IncomingFile& file = wanted.at(hash).file;
    if (file.has_more()) return &file;
  }
  return nullptr;
}

sys::Status Cache::State::complete(IncomingFile& file) {
  if (auto status = file.finish(); !status) return status;
  const ContentHash& hash = file.content().hash;
  const auto facts = files.facts(path_of(hash));
  if (!facts) return tl::unexpected(facts.error());
  if (*facts) held[hash] = held_as(**facts, (*facts)->inode);
  return {};
}

void Cache::State::settle(const ContentHash& hash, const sys::Status& outcome) {
  const auto done = wanted.extract(hash);
  std::erase(active, hash);
  for (Ready& ready : done.mapped().waiters) {
    if (outcome) {
      answer(std::move(ready), path_of(hash));
    } else {
      answer(std::move(ready), tl::unexpected(outcome.error()));
    }
  }
}

// ---------------------------------------------------------------- what users see

Cache::Cache(sys::Loop& loop, sys::Files& files, std::string directory, CacheLimits limits)
    : state_(std::make_shared<State>(loop, files, std::move(directory), limits)) {}

Cache::~Cache() = default;

void Cache::set_source(std::function<void(const transport::Fetch&)> send) { state_->set_source(std::move(send)); }

void Cache::on_block(const transport::Block& block) { state_->on_block(block); }

void Cache::want(const Content& content, Ready ready) { state_->want(content, std::move(ready)); }

void Cache::want_all(const std::vector<transport::FileEntry>& entries, AllReady ready) {
  struct Gathering {
    std::vector<std::string> paths;
    std::size_t missing;
    AllReady ready;  // empty once called
  };
  if (state_->are_leaving(entries)) {
    state_->late.push_back([this, entries, ready = std::move(ready)] { want_all(entries, ready); });
    return;
  }
  if (entries.empty()) {
    state_->loop.defer([ready = std::move(ready)] { ready(std::vector<std::string>()); });
    return;
  }
  auto all = std::make_shared<Gathering>(
      Gathering{std::vector<std::string>(entries.size()), entries.size(), std::move(ready)});
  for (std::size_t i = 0; i < entries.size(); ++i) {
    want(entries[i].content, [all, i, name = entries[i].path](const sys::Result<std::string>& path) {
      if (!all->ready) return;
      if (!path) return std::exchange(all->ready, nullptr)(sys::within(name, path.error()));
      all->paths[i] = *path;
      if (--all->missing == 0) std::exchange(all->ready, nullptr)(std::move(all->paths));
    });
  }
}

std::set<std::string> Cache::placed_among(const std::vector<transport::FileEntry>& entries) const {
  std::set<std::string> placed;
  for (const transport::FileEntry& entry : entries)
    if (state_->uses.has_put(entry.path)) placed.insert(entry.path);
  return placed;
}

Cache::Hold& Cache::Hold::operator=(Hold&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(id_, other.id_);
  other.release();
  return *this;
}

void Cache::Hold::placed(bool all) {
  if (const auto state = state_.lock()) state->uses.placed(id_, all);
}

void Cache::Hold::release() {
  const std::uint64_t id = std::exchange(id_, 0);
  const auto state = state_.lock();
  if (id == 0 || !state) return;
  state->uses.remove(id);
  state->loop.defer([weak = state_] {
    if (const auto there = weak.lock(); there && there->released) there->released();
  });
}

Cache::Hold Cache::hold(const std::vector<transport::FileEntry>& entries) {
  Hold hold;
  hold.state_ = state_;
  hold.id_ = state_->uses.add(entries);
  return hold;
}

void Cache::on_released(std::function<void()> call) { state_->released = std::move(call); }

std::vector<Cache::Victim> Cache::evict(std::uint64_t limit, const std::set<ContentHash>& needed) {
  State& state = *state_;
  std::uint64_t bytes = bytes_held();
  if (bytes <= limit || !state.leaving.empty()) return {};
  std::vector<std::pair<std::uint64_t, ContentHash>> unused;  // by last use
  for (const auto& [hash, file] : state.held) {
    if (!state.uses.in_use(hash) && !needed.contains(hash)) unused.emplace_back(state.uses.last_use(hash), hash);
  }
  std::sort(unused.begin(), unused.end());
  const auto busy = state.uses.being_placed();
  std::vector<Victim> victims;
  for (const auto& [last, hash] : unused) {
    if (bytes <= limit) break;
    Victim victim{hash, path_of(hash), state.held.at(hash).fetched, state.uses.places(hash)};
    const auto is_busy = [&busy](const std::string& place) { return busy.contains(place); };
    if (std::any_of(victim.places.begin(), victim.places.end(), is_busy)) continue;
    bytes -= state.held.at(hash).size;
    state.leaving.insert(state.held.extract(hash));
    state.leaving_places.insert(victim.places.begin(), victim.places.end());
    victims.push_back(std::move(victim));
  }
  return victims;
}

void Cache::evicted(const std::set<ContentHash>& gone) {
  for (const ContentHash& hash : gone)
    if (state_->leaving.erase(hash) != 0) state_->uses.forget(hash);
  state_->held.merge(state_->leaving);
  state_->leaving.clear();
  state_->leaving_places.clear();
  for (const auto& call : std::exchange(state_->late, {}))
    call();
}

std::string Cache::path_of(const ContentHash& hash) const { return state_->path_of(hash); }

void Cache::drop(const ContentHash& hash) {
  if (state_->held.erase(hash) == 0) return;
  // A file that is gone already is dropped; one that stays is overwritten when it is wanted again.
  static_cast<void>(state_->files.remove(path_of(hash)));
}

std::uint64_t Cache::bytes_held() const {
  std::uint64_t sum = 0;
  for (const auto& [hash, file] : state_->held)
    sum += file.size;
  return sum;
}

std::uint64_t Cache::bytes_fetched() const { return state_->bytes_fetched; }

std::uint64_t Cache::blocks_refused() const { return state_->blocks_refused; }

}  // namespace content
