#include "frontend/nodectl/tree_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "frontend/nodectl/real_path.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {

TreeReader::TreeReader(std::vector<std::string> sources, sys::LinkTrust links, bool recursive, Complaint complain)
    : sources_(std::move(sources)),
      typed_(links == sys::LinkTrust::all),
      paths_(typed_ ? sys::LinkTrust::of_root : links),
      files_(typed_ ? sys::LinkTrust::of_root : links),
      recursive_(recursive),
      complain_(std::move(complain)) {}

std::size_t TreeReader::read(std::span<std::byte> into) {
  while (taken_ == produced_.size() && !over_) {
    produced_.clear();
    taken_ = 0;
    produce();
  }
  const std::size_t size = std::min(into.size(), produced_.size() - taken_);
  std::copy_n(produced_.begin() + static_cast<std::ptrdiff_t>(taken_), size, into.begin());
  taken_ += size;
  return size;
}

// The next bit, of bounded size; maybe nothing, when something is left out.
void TreeReader::produce() {
  if (!std::exchange(begun_, true)) return tree::begin(static_cast<std::uint32_t>(sources_.size()), produced_);
  if (file_) return produce_piece();
  if (!directories_.empty()) {
    Directory& here = directories_.back();
    if (here.next < here.names.size()) {
      const std::string name = here.names[here.next++];
      return visit(sys::cat(here.path == "/" ? "" : here.path, "/", name), name, false);
    }
    directories_.pop_back();
    return tree::up(produced_);
  }
  if (next_source_ < sources_.size()) {
    const std::string& source = sources_[next_source_++];
    return visit(place_of(source), std::string(sys::name_in(source)), !recursive_);
  }
  over_ = true;
  tree::end(produced_);
}

void TreeReader::produce_piece() {
  std::array<std::byte, tree::piece_limit> data;
  const auto size = file_->read_at(offset_, data);
  if (size && *size > 0) {
    offset_ += *size;
    count_.bytes += *size;
    return tree::piece(std::span(data).first(*size), produced_);
  }
  if (!size) leave_out(size.error().text());
  file_.reset();
  ++count_.files;
  tree::file_end(size.has_value(), produced_);
}

void TreeReader::leave_out(const std::string& why) {
  failed_ = true;
  complain_(why);
}

// A source that is a link itself is sent as one when trees are copied.
std::string TreeReader::place_of(const std::string& source) const {
  if (!typed_) return source;
  if (!recursive_) return real_path(source);
  const std::string above = real_path(std::string(sys::parent_of(source)));
  return sys::cat(above == "/" ? "" : above, "/", sys::name_in(source));
}

void TreeReader::visit(const std::string& path, const std::string& name, bool follow) {
  const auto found = follow ? files_.facts_through(path) : files_.facts(path);
  if (!found) return leave_out(found.error().text());
  if (!*found) return leave_out(sys::cat(path, ": there is no such file"));
  const TreeEntry entry{name, (*found)->mode & 0777, (*found)->modified_ns};
  switch ((*found)->kind) {
    case sys::FileKind::directory:
      return open_directory(path, entry);
    case sys::FileKind::regular:
      return open_file(path, entry, **found);
    case sys::FileKind::link:
      return send_link(path, entry);
    default:
      return leave_out(sys::cat(path, ": neither a file nor a directory nor a link: left out"));
  }
}

void TreeReader::open_directory(const std::string& path, const TreeEntry& entry) {
  if (!recursive_) return leave_out(sys::cat(path, " is a directory: left out without -r"));
  auto names = files_.list(path);
  if (!names) return leave_out(names.error().text());
  tree::directory(entry, produced_);
  directories_.push_back({path, std::move(*names)});
}

void TreeReader::open_file(const std::string& path, TreeEntry entry, const sys::FileFacts& seen) {
  auto file = sys::FileReader::open_at(paths_, path);
  const auto facts = file ? file->facts() : tl::unexpected(file.error());
  if (!facts) return leave_out(facts.error().text());
  if (facts->inode != seen.inode || facts->filesystem != seen.filesystem)
    return leave_out(sys::cat(path, ": another file has taken its place meanwhile"));
  entry.mode = facts->mode & 0777;
  entry.modified_ns = facts->modified_ns;
  tree::file(entry, produced_);
  file_ = std::move(*file);
  offset_ = 0;
}

void TreeReader::send_link(const std::string& path, const TreeEntry& entry) {
  const auto target = files_.read_link(path);
  if (!target) return leave_out(target.error().text());
  tree::link(entry, *target, produced_);
}

}  // namespace frontend
