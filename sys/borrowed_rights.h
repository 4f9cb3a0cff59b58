// Files with the rights of somebody else, for the length of a scope: what a daemon of root's opens because a user has
// asked for it, it opens as that user, and the kernel decides (credentials(7), setfsuid(2)).
//
// Only file access changes: the user and group of file accesses, and the supplementary groups. With a file access user
// other than 0 the kernel takes the capabilities that override permissions (CAP_DAC_*) out of effect, and gives them
// back with 0. Signals, sockets and the rest stay root's, and nobody can send the process a signal or trace it meanwhile.
//
// For a program of one thread: the system calls are made directly and reach the thread that makes them. The kernel
// makes a process that does this undumpable (no core file) and forgets its PR_SET_PDEATHSIG.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sys/result.h"

namespace sys {

struct FileRights {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups = {};  // supplementary
};

class BorrowedRights {
 public:
  // Refused when they cannot be had in full; then nothing has changed. One's own need nothing done; others'
  // need root.
  static Result<BorrowedRights> borrow(const FileRights& rights);

  BorrowedRights(BorrowedRights&& other) noexcept;
  BorrowedRights& operator=(BorrowedRights&&) = delete;
  // Gives them back. The program ends at once if that fails, which it cannot: it must not go on as somebody else.
  ~BorrowedRights();

 private:
  BorrowedRights() = default;
  Status take(const FileRights& rights);
  FileRights before_;
  bool borrowed_ = false;
};

}  // namespace sys
