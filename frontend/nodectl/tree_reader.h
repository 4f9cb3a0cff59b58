// Reads trees of files as a stream (tree_format.h), bit by bit, as whoever takes it has room.
//
// What cannot be read is complained of and left out; the rest goes on. Links are sent as links; but a source that is one is
// followed when trees are not copied. Below a source no link is followed that others than root have put there, also not one that
// takes the place of what was looked at a moment ago. Devices, fifos and sockets are left out. A file is sent as long as it is when it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frontend/nodectl/tree_format.h"
#include "sys/file_reader.h"
#include "sys/files.h"
#include "sys/safe_path.h"

namespace frontend {

using Complaint = std::function<void(const std::string& what)>;

struct CopyCount {
  std::uint64_t files = 0;  // that are over
  std::uint64_t bytes = 0;  // of their contents
};

class TreeReader {
 public:
  // `sources`: absolute paths; the last component of each is its name in the stream. `links`: those on the way
  // to the sources. `recursive`: directories too.
  TreeReader(std::vector<std::string> sources, sys::LinkTrust links, bool recursive, Complaint complain);

  // Fills `into` as far as there is something; 0 only at the end.
  std::size_t read(std::span<std::byte> into);
  bool failed() const { return failed_; }
  const CopyCount& count() const { return count_; }

 private:
  struct Directory {
    std::string path;
    std::vector<std::string> names;
    std::size_t next = 0;
  };

  void produce();
  void produce_piece();
  std::string place_of(const std::string& source) const;
  void visit(const std::string& path, const std::string& name, bool follow);
  void open_directory(const std::string& path, const TreeEntry& entry);
  void open_file(const std::string& path, TreeEntry entry, const sys::FileFacts& seen);
  void send_link(const std::string& path, const TreeEntry& entry);
  void leave_out(const std::string& why);

  const std::vector<std::string> sources_;
  const bool typed_;  // where the links in sources lead is settled before anything is opened
  sys::SafePaths paths_;
  sys::KernelFiles files_;
  const bool recursive_;
  Complaint complain_;
  bool begun_ = false;
  bool over_ = false;
  std::size_t next_source_ = 0;
  std::vector<Directory> directories_;  // that we are in, from the outermost on
  std::optional<sys::FileReader> file_;
  std::uint64_t offset_ = 0;  // in it
  transport::Bytes produced_;
  std::size_t taken_ = 0;  // of produced_
  CopyCount count_;
  bool failed_ = false;
};

}  // namespace frontend
