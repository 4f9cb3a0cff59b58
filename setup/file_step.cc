#include <cerrno>
#include <map>

#include "content/hash.h"
#include "setup/paths.h"
#include "setup/step.h"
#include "sys/path.h"
#include "sys/text.h"

namespace setup {
namespace {

using sys::FileFacts;
using sys::FileKind;
using transport::TreeEntry;

constexpr std::uint64_t worth_remembering = 8u << 20;  // bytes: less is read in the time that remembering takes

sys::Ownership owner_of(const TreeEntry& entry) { return {entry.uid, entry.gid, entry.mode}; }

sys::Status in_the_way(const TreeEntry& entry, const FileFacts& there) {
  return sys::refusal(sys::cat(entry.path, ": there is ", what_is(there), ", which is left as it is"));
}

struct Looking {
  sys::Files& files;
  KnownFiles& known;
};

// Whether a regular file with the right owner has the content that is wanted.
sys::Result<bool> same(const TreeEntry& entry, const transport::Content& content, const FileFacts& there,
                       const Looking& in) {
  if (there.size != content.size) return false;
  if (const auto* known = in.known.find(there)) return *known == content.hash;
  content::Hasher hasher;
  const auto read = in.files.read_pieces(entry.path, [&](std::span<const std::byte> piece) { hasher.add(piece); });
  if (!read) return tl::unexpected(read.error());
  const auto hash = hasher.finish();
  in.known.note(there, hash);
  return hash == content.hash;
}
sys::Result<bool> same(const TreeEntry& entry, const transport::TextContent& content, const FileFacts& there,
                       const Looking& in) {
  if (there.size != content.text.size()) return false;
  const auto text = in.files.read(entry.path, there.size + 1);
  if (!text) return tl::unexpected(text.error());
  return *text == content.text;
}

// What is there already is as it is wanted. A file with the right content and another owner or mode is none that can be
// given to anybody: whoever had it may still have it open for writing, or by another name.
template <class Text>
sys::Result<bool> is_done(const TreeEntry& entry, const Text& content, const FileFacts& there, const Looking& in) {
  if (there.kind == FileKind::link) return false;
  if (there.kind != FileKind::regular) return tl::unexpected(in_the_way(entry, there).error());
  if (!owned_as(there, owner_of(entry))) return false;
  if (entry.modified_ns != 0 && entry.modified_ns != there.modified_ns) return false;
  return same(entry, content, there, in);
}
sys::Result<bool> is_done(const TreeEntry& entry, const transport::DirectoryMark&, const FileFacts& there,
                          const Looking& in) {
  if (there.kind == FileKind::directory) return owned_as(there, owner_of(entry));
  if (there.kind != FileKind::link) return tl::unexpected(in_the_way(entry, there).error());
  // A link of root's to a directory, /lib to usr/lib for one, is a directory for whoever goes through it.
  const auto through = in.files.facts_through(entry.path);
  if (!through) return tl::unexpected(through.error());
  if (*through && (*through)->kind == FileKind::directory) return true;
  return tl::unexpected(in_the_way(entry, there).error());
}
sys::Result<bool> is_done(const TreeEntry& entry, const transport::LinkTarget& link, const FileFacts& there,
                          const Looking& in) {
  if (there.kind == FileKind::regular) return false;
  if (there.kind != FileKind::link) return tl::unexpected(in_the_way(entry, there).error());
  const auto target = in.files.read_link(entry.path);
  if (!target) return tl::unexpected(target.error());
  return *target == link.target;
}

sys::Result<bool> is_done(const TreeEntry& entry, const Looking& in) {
  if (auto status = check_path(entry.path); !status) return tl::unexpected(status.error());
  const auto facts = in.files.facts(entry.path);
  if (!facts) return tl::unexpected(facts.error());
  if (!*facts) return false;
  return std::visit([&](const auto& what) { return is_done(entry, what, **facts, in); }, entry.what);
}

std::uint64_t size_of(const transport::FileStep& step, const Entries& which) {
  std::uint64_t sum = 0;
  for (const std::uint32_t i : which)
    if (const auto* content = std::get_if<transport::Content>(&step.entries[i].what)) sum += content->size;
  return sum;
}

// What was fetched has been checked against its hash, and nobody but root could reach it since.
void remember(const TreeEntry& entry, const Looking& in) {
  const auto* content = std::get_if<transport::Content>(&entry.what);
  if (!content) return;
  const auto facts = in.files.facts(entry.path);
  if (facts && *facts && (*facts)->kind == FileKind::regular && (*facts)->size == content->size)
    in.known.note(**facts, content->hash);
}

class Placing {
 public:
  Placing(const transport::FileStep& step, const Contents& contents, sys::Files& files)
      : contents_(contents), files_(files) {
    for (const TreeEntry& entry : step.entries) {
      if (const auto* content = std::get_if<transport::Content>(&entry.what)) ++uses_[content->hash];
    }
  }

  sys::Status place(const TreeEntry& entry) {
    const std::string above(sys::parent_of(entry.path));
    if (above != made_) {
      if (auto status = make_room(files_, entry.path); !status) return status;
      made_ = above;
    }
    auto status = std::visit([&](const auto& what) { return put(entry, what); }, entry.what);
    const bool is_link = std::holds_alternative<transport::LinkTarget>(entry.what);
    if (status && entry.modified_ns != 0 && !is_link) status = files_.set_modified(entry.path, entry.modified_ns);
    return status;
  }

 private:
  // Moved when nobody needs it any more, so that it is in memory once.
  sys::Status put(const TreeEntry& entry, const transport::Content& content) {
    const std::string from = contents_.path_of(content.hash);
    const bool last_use = --uses_[content.hash] == 0;
    if (last_use && contents_.is_spare(content.hash) && has_one_name(from)) {
      if (auto owned = files_.set_owner(from, owner_of(entry)); !owned) return owned;
      const auto moved = files_.rename(from, entry.path);
      if (moved || moved.error().code != EXDEV) return moved;
    }
    return files_.copy(from, entry.path, owner_of(entry));
  }
  sys::Status put(const TreeEntry& entry, const transport::TextContent& content) {
    return files_.replace(entry.path, std::as_bytes(std::span(content.text)), owner_of(entry));
  }
  sys::Status put(const TreeEntry& entry, const transport::DirectoryMark&) {
    const auto facts = files_.facts(entry.path);
    if (!facts) return tl::unexpected(facts.error());
    if (!*facts) return files_.make_directory(entry.path, owner_of(entry));
    if (!may_be_given(**facts, owner_of(entry)))
      return sys::refusal(sys::cat(entry.path, ": there is a directory of uid ", (*facts)->uid,
                                   ", who would keep what is in it: it is left as it is"));
    return files_.set_owner(entry.path, owner_of(entry));
  }
  sys::Status put(const TreeEntry& entry, const transport::LinkTarget& link) {
    return put_link(files_, link.target, entry.path);
  }

  // A program that was placed from the cache has the same file.
  bool has_one_name(const std::string& path) {
    const auto facts = files_.facts(path);
    return facts && *facts && (*facts)->links == 1;
  }

  const Contents& contents_;
  sys::Files& files_;
  std::map<transport::ContentHash, unsigned> uses_;
  std::string made_;  // the directory that is there for sure
};

}  // namespace

sys::Result<Entries> survey(const transport::FileStep& step, StepSystem system, KnownFiles& known) {
  Entries found;
  for (std::uint32_t i = 0; i < step.entries.size(); ++i) {
    const auto done = is_done(step.entries[i], {system.files, known});
    if (!done) return tl::unexpected(done.error());
    if (!*done) found.push_back(i);
  }
  known.forget_others();
  return found;
}

sys::Result<StepOutcome> perform(const transport::FileStep& step, const Entries& which, const Contents& contents,
                                 StepSystem system, KnownFiles& known) {
  Placing placing(step, contents, system.files);
  for (const std::uint32_t i : which) {
    if (auto status = placing.place(step.entries.at(i)); !status) return tl::unexpected(status.error());
  }
  if (size_of(step, which) >= worth_remembering) {
    known.settle();
    for (const std::uint32_t i : which)
      remember(step.entries[i], {system.files, known});
  }
  return StepOutcome{.changed = !which.empty()};
}

}  // namespace setup
