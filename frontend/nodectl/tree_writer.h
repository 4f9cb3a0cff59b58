// Writes a stream of files (tree_format.h) below a destination, with the rights of whoever runs it.
//
//   the destination is   and there is    what is written
//   -------------------  --------------  ---------------------------------------------------
//   a directory          anything        DESTINATION/NAME for each source
//   anything else        one source      DESTINATION, under this name instead of its own
//   anything else        several         nothing: complained of
//
// A file appears in one step, whole, instead of the file or link that was there; a directory that is there is gone on with, and
// stays its owner's; devices, fifos and sockets are left where they are. What cannot be
// written is complained of and passed over; the rest goes on. Nothing is written through a link that the stream has brought,
// nor through one that others than root have put somewhere on the way (sys/safe_path.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/nodectl/tree_format.h"
#include "frontend/nodectl/tree_reader.h"
#include "sys/files.h"

namespace frontend {

struct TreeWriterOptions {
  bool preserve = false;  // modes and times are as they were; else the umask counts
  bool into = false;      // the destination has to be a directory
  std::uint32_t umask = 022;
};

class TreeWriter final : public TreeSink {
 public:
  // `destination`: absolute.
  TreeWriter(sys::Files& files, std::string destination, TreeWriterOptions options, Complaint complain)
      : files_(files), destination_(std::move(destination)), options_(options), complain_(std::move(complain)) {}

  bool failed() const { return failed_; }
  // Nothing will ever be written.
  bool hopeless() const { return hopeless_; }
  const CopyCount& count() const { return count_; }

  void begin(std::uint32_t sources) override;
  void directory(const TreeEntry& entry) override;
  void up() override;
  void file(const TreeEntry& entry) override;
  void piece(std::span<const std::byte> data) override;
  void file_end(bool whole) override;
  void link(const TreeEntry& entry, const std::string& target) override;

 private:
  struct Directory {
    std::string path;
    TreeEntry entry;
    bool was_there = false;
  };

  bool passes_over() const { return hopeless_ || passed_over_ > 0; }
  std::string path_of(const std::string& name) const;
  std::uint32_t mode_of(const TreeEntry& entry) const;
  sys::Result<bool> enter(const std::string& path, const TreeEntry& entry);
  sys::Result<bool> may_take(std::string_view operation, const std::string& path);
  sys::Status make_link(const std::string& path, const std::string& target);
  bool check(const sys::Status& status);

  sys::Files& files_;
  const std::string destination_;
  const TreeWriterOptions options_;
  Complaint complain_;
  bool into_ = false;                    // the destination is a directory
  std::vector<Directory> directories_;   // that we are in
  std::size_t passed_over_ = 0;          // directories that we are in and that could not be made
  std::unique_ptr<sys::FileSink> file_;  // none: what comes of it is passed over
  std::string file_path_;
  TreeEntry file_entry_;
  CopyCount count_;
  bool failed_ = false;
  bool hopeless_ = false;
};

}  // namespace frontend
