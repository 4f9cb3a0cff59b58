#include "frontend/nodectl/tree_writer.h"

#include <utility>

#include "sys/accounts.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint32_t enterable = 0700;  // a directory, while it is being filled

constexpr std::uint32_t same = ~0u;  // owner or group: chown(2) leaves it as it is

sys::Ownership own(std::uint32_t mode) { return {sys::own_user(), sys::own_group(), mode}; }

}  // namespace

bool TreeWriter::check(const sys::Status& status) {
  if (status) return true;
  failed_ = true;
  complain_(status.error().text());
  return false;
}

std::string TreeWriter::path_of(const std::string& name) const {
  if (directories_.empty() && !into_) return destination_;
  const std::string& above = directories_.empty() ? destination_ : directories_.back().path;
  return sys::cat(above == "/" ? "" : above, "/", name);
}

std::uint32_t TreeWriter::mode_of(const TreeEntry& entry) const {
  return entry.mode & 0777 & ~(options_.preserve ? 0 : options_.umask);
}

void TreeWriter::begin(std::uint32_t sources) {
  const auto found = files_.facts_through(destination_);
  hopeless_ = !check(found ? sys::Status() : tl::unexpected(found.error()));
  if (hopeless_) return;
  into_ = *found && (*found)->kind == sys::FileKind::directory;
  if (into_ || (sources <= 1 && !options_.into)) return;
  hopeless_ =
      !check(sys::refusal(sys::cat(destination_, *found ? " is no directory" : ": there is no such directory")));
}

// Whether it was there. Whatever else is there, a link to a directory too, is not gone through.
sys::Result<bool> TreeWriter::enter(const std::string& path, const TreeEntry& entry) {
  const auto found = files_.facts(path);
  if (!found) return tl::unexpected(found.error());
  if (*found && (*found)->kind == sys::FileKind::directory) return true;
  if (*found) return sys::refusal(sys::cat("make directory ", path, ": something else is there"));
  if (auto made = files_.make_directory(path, own(mode_of(entry) | enterable)); !made)
    return tl::unexpected(made.error());
  return false;
}

void TreeWriter::directory(const TreeEntry& entry) {
  const std::string path = path_of(entry.name);
  const auto was_there = passes_over() ? sys::Result<bool>(false) : enter(path, entry);
  if (passes_over() || !check(was_there ? sys::Status() : tl::unexpected(was_there.error()))) {
    ++passed_over_;
  } else {
    directories_.push_back({path, entry, *was_there});
  }
}

// Last, so that what is in a directory that may not be written to gets there, and does not change its time.
void TreeWriter::up() {
  if (passed_over_ > 0) return void(--passed_over_);
  const Directory done = std::move(directories_.back());
  directories_.pop_back();
  const std::uint32_t mode = mode_of(done.entry);
  if (!done.was_there) check(files_.set_owner(done.path, own(mode)));
  if (done.was_there && options_.preserve) check(files_.set_owner(done.path, {same, same, mode}));
  if (options_.preserve) check(files_.set_modified(done.path, done.entry.modified_ns));
}

// Whether there is something, whose place a file or a link may take. The place of a device, say, is not one: whoever uses it
// would be without it.
sys::Result<bool> TreeWriter::may_take(std::string_view operation, const std::string& path) {
  const auto found = files_.facts(path);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return false;
  const sys::FileKind kind = (*found)->kind;
  if (kind == sys::FileKind::regular || kind == sys::FileKind::link) return true;
  return sys::refusal(sys::cat(
      operation, " ", path,
      kind == sys::FileKind::directory ? ": a directory is there" : ": a device, a fifo or a socket is there"));
}

void TreeWriter::file(const TreeEntry& entry) {
  if (passes_over()) return;
  file_path_ = path_of(entry.name);
  file_entry_ = entry;
  const auto found = may_take("write", file_path_);
  if (!check(found ? sys::Status() : tl::unexpected(found.error()))) return;
  auto created = files_.create(file_path_, mode_of(entry));
  if (check(created ? sys::Status() : tl::unexpected(created.error()))) file_ = std::move(*created);
}

void TreeWriter::piece(std::span<const std::byte> data) {
  if (!file_) return;
  count_.bytes += data.size();
  if (!check(file_->append(data))) file_.reset();
}

// The other end has said what is wrong with one that is not whole.
void TreeWriter::file_end(bool whole) {
  const auto file = std::exchange(file_, nullptr);
  failed_ = failed_ || !whole;
  if (!file || !whole || !check(file->finish())) return;
  ++count_.files;
  if (options_.preserve) check(files_.set_modified(file_path_, file_entry_.modified_ns));
}

void TreeWriter::link(const TreeEntry& entry, const std::string& target) {
  if (!passes_over()) check(make_link(path_of(entry.name), target));
}

sys::Status TreeWriter::make_link(const std::string& path, const std::string& target) {
  const auto found = may_take("make link", path);
  if (!found) return tl::unexpected(found.error());
  if (*found)
    if (auto removed = files_.remove(path); !removed) return removed;
  return files_.make_link(target, path);
}

}  // namespace frontend
