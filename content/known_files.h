// Remembers which content files have that were placed or read before: a plan that is carried out again looks at thousands
// of files and reads none of them, and a program that is run again is not read to be named. A file counts as known while it is the same one (file system, inode) and
// untouched: its size and the time of its last change (st_ctim), which the kernel sets and nobody else can. A change in
// the same tick of the kernel's clock would not show in that time, so one that is only just over is not believed.
// What passes through a mapping that was made before does not show either; tools that compare times share that.
//
// On a node every step has a file of its own for this, in memory (a directory of the root tmpfs that is root's alone): its
// workers read and write it. At the front end every user has one. One that is lost or damaged costs time, nothing else; one
// that others could have written is not believed.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "sys/clock.h"
#include "sys/files.h"
#include "transport/messages.h"

namespace content {

constexpr std::string_view known_directory = "/run/nodeinit/known";  // a file for each step

class KnownFiles {
 public:
  static constexpr sys::Duration settling = std::chrono::milliseconds(20);  // more than a tick of any kernel
  static constexpr std::size_t max_size = 16u << 20;                        // bytes of the file

  // `path`: where they are kept; nothing is known when it is not there, and nothing kept when it is empty. `owner`: whose
  // the file is.
  KnownFiles(sys::Files& files, sys::Clock& clock, std::string path, sys::Ownership owner = {0, 0, 0600});

  // Null when the file has to be read.
  const transport::ContentHash* find(const sys::FileFacts& facts);
  // Waits until what was changed before this can be noted.
  void settle() { clock_.sleep(settling); }
  // That the file as it is now has this content.
  void note(const sys::FileFacts& facts, const transport::ContentHash& hash);
  // Drops what was neither found nor noted.
  void forget_others();
  std::size_t size() const { return known_.size(); }
  // Writes what has changed since it was read.
  sys::Status save();

 private:
  using Key = std::array<std::uint64_t, 4>;  // file system, inode, time of change, size
  struct Known {
    transport::ContentHash hash;
    bool used = false;
  };
  static Key key_of(const sys::FileFacts& facts);
  void load();
  bool is_credible() const;

  sys::Files& files_;
  sys::Clock& clock_;
  const std::string path_;
  const sys::Ownership owner_;
  std::map<Key, Known> known_;
  bool changed_ = false;
};

// The files, by file system and inode, that the steps of plans have placed or found on the node, and count on. Blocks.
using FileId = std::pair<std::uint64_t, std::uint64_t>;
std::set<FileId> known_to_steps(sys::Files& files);

}  // namespace content
