// A tree of files as a stream of bytes: what nodectl cp sends between two nodectls, one here and one on a node. Both come
// from one build, so that there is one version.
//
//   stream  := magic: "nodectl tree 1\n"  sources: u32  entry*  'Z'
//   entry   := 'D' facts name  entry*  'U'             a directory, and what is in it
//            | 'F' facts name  piece*  0: u32  whole: u8    a regular file; whole 0: it could not be read to its end
//            | 'L' facts name  target: text            a symbolic link
//   facts   := mode: u32  modified_ns: i64
//   piece   := size: u32, 1 to piece_limit;  byte[size]
//   name    := text of one component of a path, at most 255 bytes
//   text    := size: u16  byte[size]
//
// Integers are little-endian. A name is neither empty nor "." nor ".." and has no slash: nothing outside of the tree can be
// named. Whatever is wrong with a stream ends it with a reason, and nothing is kept of it but an entry that is not whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sys/result.h"
#include "transport/byte_queue.h"

namespace frontend {

struct TreeEntry {
  std::string name;
  std::uint32_t mode = 0;  // permission bits
  std::int64_t modified_ns = 0;
};

namespace tree {

constexpr std::size_t piece_limit = 64u << 10;  // bytes
constexpr std::size_t name_limit = 255;
constexpr std::size_t target_limit = 4095;

// To append to a stream.
void begin(std::uint32_t sources, transport::Bytes& out);
void directory(const TreeEntry& entry, transport::Bytes& out);
void up(transport::Bytes& out);
void file(const TreeEntry& entry, transport::Bytes& out);
void piece(std::span<const std::byte> data, transport::Bytes& out);  // not empty
void file_end(bool whole, transport::Bytes& out);
void link(const TreeEntry& entry, std::string_view target, transport::Bytes& out);
void end(transport::Bytes& out);

}  // namespace tree

// What a stream says, in its order.
class TreeSink {
 public:
  virtual ~TreeSink() = default;
  virtual void begin(std::uint32_t sources) = 0;
  virtual void directory(const TreeEntry& entry) = 0;
  virtual void up() = 0;
  virtual void file(const TreeEntry& entry) = 0;
  virtual void piece(std::span<const std::byte> data) = 0;
  virtual void file_end(bool whole) = 0;
  virtual void link(const TreeEntry& entry, const std::string& target) = 0;
};

class TreeDecoder {
 public:
  explicit TreeDecoder(TreeSink& sink) : sink_(sink) {}

  // Any part of a stream, however it is cut. After an error nothing is taken any more.
  sys::Status add(std::span<const std::byte> data);
  // The whole stream has come.
  bool complete() const { return state_ == State::over; }

 private:
  enum class State { header, entry, pieces, over };
  class Fields;

  bool step();
  bool read_header();
  bool read_entry();
  bool read_entry_of(char kind, Fields& fields);
  bool read_piece();
  bool fail(std::string_view why);

  TreeSink& sink_;
  State state_ = State::header;
  std::size_t depth_ = 0;
  std::uint32_t piece_left_ = 0;  // of the piece that is under way
  transport::ByteQueue input_;    // what has come and is not understood yet
  sys::Status outcome_;
};

}  // namespace frontend
