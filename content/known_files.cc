#include "content/known_files.h"

#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include "sys/path.h"
#include "sys/text.h"

namespace content {
namespace {

// As it is written. Written and read by one program on one machine.
struct Record {
  std::array<std::uint64_t, 4> key;
  transport::ContentHash hash;
};
static_assert(std::is_trivially_copyable_v<Record> && sizeof(Record) == 64);

// Nothing when the file is not there, or damaged.
std::vector<Record> read_records(sys::Files& files, const std::string& path) {
  const auto text = files.read(path, KnownFiles::max_size);
  if (!text || text->size() % sizeof(Record) != 0) return {};
  std::vector<Record> records(text->size() / sizeof(Record));
  if (!records.empty()) std::memcpy(records.data(), text->data(), text->size());
  return records;
}

}  // namespace

KnownFiles::KnownFiles(sys::Files& files, sys::Clock& clock, std::string path, sys::Ownership owner)
    : files_(files), clock_(clock), path_(std::move(path)), owner_(owner) {
  load();
}

KnownFiles::Key KnownFiles::key_of(const sys::FileFacts& facts) {
  return {facts.filesystem, facts.inode, static_cast<std::uint64_t>(facts.changed_ns), facts.size};
}

bool KnownFiles::is_credible() const {
  const auto facts = files_.facts(path_);
  return facts && *facts && (*facts)->kind == sys::FileKind::regular && (*facts)->uid == owner_.uid &&
         ((*facts)->mode & 0022) == 0;
}

void KnownFiles::load() {
  if (path_.empty() || !is_credible()) return;
  for (const Record& record : read_records(files_, path_))
    known_[record.key] = {record.hash};
}

const transport::ContentHash* KnownFiles::find(const sys::FileFacts& facts) {
  const auto found = known_.find(key_of(facts));
  if (found == known_.end()) return nullptr;
  found->second.used = true;
  return &found->second.hash;
}

void KnownFiles::note(const sys::FileFacts& facts, const transport::ContentHash& hash) {
  const sys::Duration age = clock_.wall().time_since_epoch() - sys::Duration(facts.changed_ns);
  if (age < settling) return;
  known_[key_of(facts)] = {hash, true};
  changed_ = true;
}

void KnownFiles::forget_others() {
  changed_ = std::erase_if(known_, [](const auto& entry) { return !entry.second.used; }) > 0 || changed_;
}

sys::Status KnownFiles::save() {
  if (path_.empty() || !changed_ || known_.size() > max_size / sizeof(Record)) return {};
  std::vector<Record> records;
  records.reserve(known_.size());
  for (const auto& [key, known] : known_)
    records.push_back({key, known.hash});
  const std::string directory(sys::parent_of(path_));
  if (auto status = files_.make_directories(std::string(sys::parent_of(directory))); !status) return status;
  const auto made = files_.make_directory(directory, {owner_.uid, owner_.gid, 0700});
  if (!made && made.error().code != EEXIST) return made;
  return files_.replace(path_, std::as_bytes(std::span(records)), owner_);
}

std::set<FileId> known_to_steps(sys::Files& files) {
  std::set<FileId> known;
  const std::string directory(known_directory);
  const auto names = files.list(directory);
  if (!names) return known;
  for (const std::string& name : *names) {
    for (const Record& record : read_records(files, sys::cat(directory, "/", name)))
      known.emplace(record.key[0], record.key[1]);
  }
  return known;
}

}  // namespace content
