// FileNeed: one file, a whole tree, or what fits a pattern.
#include <fnmatch.h>

#include <algorithm>
#include <cerrno>

#include "content/hash.h"
#include "frontend/common/glob.h"
#include "frontend/nodemaster/step_files.h"
#include "sys/file_reader.h"
#include "sys/files.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::FileFacts;
using sys::FileKind;
using transport::TreeEntry;

constexpr std::size_t max_entries = 16384;     // of a FileStep
constexpr std::size_t max_message = 3u << 20;  // bytes that they may take in one, well below the frame's limit
constexpr std::size_t max_depth = 64;          // directories in directories
constexpr std::uint32_t plain_mode = 0777;     // set-id bits are not copied unasked
constexpr std::size_t entry_overhead = 80;     // bytes

// A leading dot has to be written, as in glob(7).
bool matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

class Finder {
 public:
  explicit Finder(const FileNeed& need) : need_(need) {}

  sys::Status find_all() {
    if (!has_wildcards(need_.source)) return add(need_.source, need_.path, 0);
    const auto found = expand_glob(need_.source, max_entries);
    if (!found) return tl::unexpected(found.error());
    for (const std::string& source : *found) {
      if (is_left_out(source)) continue;
      if (auto status = add(source, below(need_.path, sys::name_in(source)), 0); !status) return status;
    }
    return {};
  }
  FoundStep take() { return {transport::FileStep{std::move(entries_)}, std::move(sources_)}; }

 private:
  static std::string below(const std::string& folder, std::string_view name) {
    return folder == "/" ? sys::cat("/", name) : sys::cat(folder, "/", name);
  }
  bool is_left_out(const std::string& source) const {
    const std::string name(sys::name_in(source));
    return std::any_of(need_.exclude.begin(), need_.exclude.end(),
                       [&](const std::string& pattern) { return matches(pattern, name); });
  }

  sys::Status add(const std::string& source, const std::string& path, std::size_t depth) {
    // What the plan itself names may be a link to what is meant; inside of a tree a link is a link.
    const auto facts = depth == 0 ? files_.facts_through(source) : files_.facts(source);
    if (!facts) return tl::unexpected(facts.error());
    if (!*facts) return sys::failure(ENOENT, source);
    if (auto status = check_path(path); !status) return status;
    switch ((*facts)->kind) {
      case FileKind::regular:
        return add_file(source, path, **facts);
      case FileKind::directory:
        return add_directory(source, path, **facts, depth);
      case FileKind::link:
        return add_link(source, path, **facts);
      default:
        return sys::refusal(
            sys::cat(source, " is a device, socket or pipe, which a file step does not copy; exclude it"));
    }
  }

  sys::Status add_file(const std::string& source, const std::string& path, const FileFacts& facts) {
    const auto content = content::hash_file(source);
    if (!content) return tl::unexpected(content.error());
    sources_.push_back({*content, source});
    TreeEntry entry = entry_of(path, facts, need_.mode.value_or(facts.mode & plain_mode));
    entry.what = *content;
    if (need_.times) entry.modified_ns = facts.modified_ns;
    return put(std::move(entry));
  }

  sys::Status add_directory(const std::string& source, const std::string& path, const FileFacts& facts,
                            std::size_t depth) {
    if (depth == max_depth) return sys::refusal(sys::cat(source, " is more than ", max_depth, " directories deep"));
    if (path != "/") {
      TreeEntry entry = entry_of(path, facts, facts.mode & (plain_mode | 01000));
      entry.what = transport::DirectoryMark{};
      if (auto status = put(std::move(entry)); !status) return status;
    }
    const auto names = files_.list(source);
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
      const std::string inside = below(source, name);
      if (is_left_out(inside)) continue;
      if (auto status = add(inside, below(path, name), depth + 1); !status) return status;
    }
    return {};
  }

  sys::Status add_link(const std::string& source, const std::string& path, const FileFacts& facts) {
    const auto target = files_.read_link(source);
    if (!target) return tl::unexpected(target.error());
    TreeEntry entry = entry_of(path, facts, 0777);
    entry.what = transport::LinkTarget{*target};
    size_ += target->size();
    return put(std::move(entry));
  }

  TreeEntry entry_of(const std::string& path, const FileFacts& facts, std::uint32_t mode) const {
    TreeEntry entry;
    entry.path = path;
    entry.mode = mode;
    entry.uid = need_.owner ? need_.owner->uid : facts.uid;
    entry.gid = need_.owner ? need_.owner->gid : facts.gid;
    return entry;
  }

  sys::Status put(TreeEntry entry) {
    size_ += entry.path.size() + entry_overhead;
    if (entries_.size() == max_entries || size_ > max_message)
      return sys::refusal(
          sys::cat(need_.source, ": more than ", entries_.size(), " files are too much for one step; divide it"));
    entries_.push_back(std::move(entry));
    return {};
  }

  static sys::Status check_path(const std::string& path) {
    if (sys::is_clean_path(path)) return {};
    return sys::refusal(sys::cat("path '", sys::printable(path), "' ", sys::path_fault(path)));
  }

  const FileNeed& need_;
  sys::KernelFiles files_{sys::LinkTrust::all};
  std::vector<TreeEntry> entries_;
  std::vector<ContentSource> sources_;
  std::size_t size_ = 0;  // that the entries take in a message, about
};

}  // namespace

sys::Result<FoundStep> find_files(const FileNeed& need) {
  Finder finder(need);
  if (auto status = finder.find_all(); !status) return tl::unexpected(status.error());
  return finder.take();
}

sys::Status check_source(const FileNeed& need) {
  sys::KernelFiles files{sys::LinkTrust::all};
  if (has_wildcards(need.source)) {
    const auto found = expand_glob(need.source, max_entries);
    return found ? sys::Status() : tl::unexpected(found.error());
  }
  const auto facts = files.facts_through(need.source);
  if (!facts) return tl::unexpected(facts.error());
  if (!*facts) return sys::failure(ENOENT, sys::cat("open ", need.source));
  if ((*facts)->kind == FileKind::directory) return {};
  const auto source = sys::FileReader::open(need.source);
  return source ? sys::Status() : tl::unexpected(source.error());
}

}  // namespace frontend
