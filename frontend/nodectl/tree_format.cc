#include "frontend/nodectl/tree_format.h"

#include <algorithm>
#include <cerrno>

#include "sys/text.h"
#include "transport/little_endian.h"

namespace frontend {
namespace {

using transport::append_little;
using transport::Bytes;

constexpr std::string_view magic = "nodectl tree 1\n";
constexpr std::size_t deepest = 1024;  // directories in one another

void append(std::string_view text, Bytes& out) {
  const auto bytes = std::as_bytes(std::span(text));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_text(std::string_view text, Bytes& out) {
  append_little(text.size(), 2, out);
  append(text, out);
}

void append_entry(char kind, const TreeEntry& entry, Bytes& out) {
  append_little(static_cast<unsigned char>(kind), 1, out);
  append_little(entry.mode, 4, out);
  append_little(static_cast<std::uint64_t>(entry.modified_ns), 8, out);
  append_text(entry.name, out);
}

std::string_view fault_of(std::string_view name) {
  if (name.empty() || name == "." || name == "..") return "it names no file";
  if (name.size() > tree::name_limit) return "a name is too long";
  if (name.find('/') != name.npos || name.find('\0') != name.npos) return "a name is no name";
  return {};
}

}  // namespace

namespace tree {

void begin(std::uint32_t sources, Bytes& out) {
  append(magic, out);
  append_little(sources, 4, out);
}

void directory(const TreeEntry& entry, Bytes& out) { append_entry('D', entry, out); }
void up(Bytes& out) { append("U", out); }
void file(const TreeEntry& entry, Bytes& out) { append_entry('F', entry, out); }

void piece(std::span<const std::byte> data, Bytes& out) {
  append_little(data.size(), 4, out);
  out.insert(out.end(), data.begin(), data.end());
}

void file_end(bool whole, Bytes& out) {
  append_little(0, 4, out);
  append_little(whole ? 1 : 0, 1, out);
}

void link(const TreeEntry& entry, std::string_view target, Bytes& out) {
  append_entry('L', entry, out);
  append_text(target, out);
}

void end(Bytes& out) { append("Z", out); }

}  // namespace tree

// Reads from the front of what is there; `whole` is false when there was too little of it.
class TreeDecoder::Fields {
 public:
  explicit Fields(std::span<const std::byte> data) : data_(data) {}

  std::uint64_t number(std::size_t width) { return transport::read_little(take(width)); }
  std::string text() { return raw(static_cast<std::size_t>(number(2))); }
  std::string raw(std::size_t size) {
    const auto bytes = take(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  TreeEntry entry() {
    TreeEntry entry;
    entry.mode = static_cast<std::uint32_t>(number(4));
    entry.modified_ns = static_cast<std::int64_t>(number(8));
    entry.name = text();
    return entry;
  }
  bool whole() const { return whole_; }
  std::size_t used() const { return used_; }

 private:
  std::span<const std::byte> take(std::size_t size) {
    whole_ = whole_ && size <= data_.size() - used_;
    if (!whole_) return {};
    used_ += size;
    return data_.subspan(used_ - size, size);
  }

  std::span<const std::byte> data_;
  std::size_t used_ = 0;
  bool whole_ = true;
};

sys::Status TreeDecoder::add(std::span<const std::byte> data) {
  if (!outcome_) return outcome_;
  Bytes& tail = input_.tail();
  tail.insert(tail.end(), data.begin(), data.end());
  while (outcome_ && !input_.empty() && step()) {
  }
  input_.give_back();
  return outcome_;
}

// False: there is too little to go on with, or something is wrong.
bool TreeDecoder::step() {
  switch (state_) {
    case State::header:
      return read_header();
    case State::entry:
      return read_entry();
    case State::pieces:
      return read_piece();
    case State::over:
      break;
  }
  return fail("something comes behind its end");
}

bool TreeDecoder::fail(std::string_view why) {
  outcome_ = sys::failure(EBADMSG, sys::cat("a stream of files is damaged: ", why));
  return false;
}

bool TreeDecoder::read_header() {
  Fields fields(input_.data());
  const std::string start = fields.raw(std::min(magic.size(), input_.size()));
  if (!magic.starts_with(start)) return fail("it does not begin as one");
  const auto sources = static_cast<std::uint32_t>(fields.number(4));
  if (!fields.whole()) return false;
  input_.consume(fields.used());
  state_ = State::entry;
  sink_.begin(sources);
  return true;
}

bool TreeDecoder::read_entry() {
  Fields fields(input_.data());
  const char kind = static_cast<char>(fields.number(1));
  if (kind == 'Z' && depth_ == 0) {
    state_ = State::over;
  } else if (kind == 'U' && depth_ > 0) {
    --depth_;
    sink_.up();
  } else if (!read_entry_of(kind, fields)) {
    return false;
  }
  input_.consume(fields.used());
  return true;
}

bool TreeDecoder::read_entry_of(char kind, Fields& fields) {
  if (kind != 'D' && kind != 'F' && kind != 'L') return fail("an entry is of no kind");
  const TreeEntry entry = fields.entry();
  const std::string target = kind == 'L' ? fields.text() : std::string();
  if (!fields.whole()) return input_.size() > tree::target_limit + 1024 ? fail("an entry is too long") : false;
  if (const auto fault = fault_of(entry.name); !fault.empty()) return fail(fault);
  if (target.size() > tree::target_limit) return fail("a link's target is too long");
  if (kind == 'L') {
    sink_.link(entry, target);
  } else if (kind == 'F') {
    state_ = State::pieces;
    sink_.file(entry);
  } else {
    if (++depth_ > deepest) return fail("directories are too deep in one another");
    sink_.directory(entry);
  }
  return true;
}

bool TreeDecoder::read_piece() {
  if (piece_left_ > 0) {
    const auto data = input_.data().first(std::min<std::size_t>(piece_left_, input_.size()));
    sink_.piece(data);
    piece_left_ -= static_cast<std::uint32_t>(data.size());
    input_.consume(data.size());
    return true;
  }
  Fields fields(input_.data());
  const auto size = static_cast<std::uint32_t>(fields.number(4));
  const bool last = fields.whole() && size == 0;
  const bool whole = last && fields.number(1) == 1;
  if (!fields.whole()) return false;
  if (size > tree::piece_limit) return fail("a piece is too long");
  input_.consume(fields.used());
  piece_left_ = size;
  if (!last) return true;
  state_ = State::entry;
  sink_.file_end(whole);
  return true;
}

}  // namespace frontend
