// From a path to an open directory and a name in it, past what others than root may have planted on the way. What is
// done there is done at the descriptor (mkdirat, renameat, ...), never with the path again: docs/SECURITY.md, "Paths".
//
// The usual path has no symbolic link in it, and one openat2(2) says so and opens it. Else, and where the kernel has
// no openat2 or a seccomp filter keeps it away, the path is walked: one component at a time, each opened without
// following it and then looked at, so that what was judged is what is followed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

// Which symbolic links are followed.
enum class LinkTrust {
  of_root,  // those that only root can have put where they are; any other is refused, with its owner
  inside,   // all of them, but none leads out of the root directory
  all,      // as the kernel does it, relative paths too: for what an administrator has typed on the front end
};

// Where something is or is going to be.
struct Place {
  Fd directory;      // O_PATH; invalid with LinkTrust::all
  std::string name;  // no symbolic link among what leads to it; with LinkTrust::all the path itself

  int at() const;  // `directory` as the *at() system calls take it
  // `name` with another last component: of something beside it.
  std::string beside(std::string_view other) const;
};

class SafePaths {
 public:
  // Paths are absolute and mean what is below `root`: neither ".." nor a link leads out of it.
  explicit SafePaths(LinkTrust links, std::string root = "/") : links_(links), root_(std::move(root)) {}

  // The directory of `path` and the name in it, which is not looked at: there may be anything, or nothing yet. For
  // the root directory itself the name is ".". `operation` is for errors: "OPERATION PATH: ...".
  Result<Place> locate(std::string_view operation, const std::string& path) const;
  // As locate(); but a link that is there is followed, so that the name is not that of a link.
  Result<Place> locate_target(std::string_view operation, const std::string& path) const;
  // open(2) of what is there, close-on-exec, never a controlling terminal; a link at the end is followed.
  Result<Fd> open(std::string_view operation, const std::string& path, int flags) const;

 private:
  Result<Place> walk(std::string_view operation, const std::string& path, bool follow) const;

  LinkTrust links_;
  std::string root_;
};

}  // namespace sys
