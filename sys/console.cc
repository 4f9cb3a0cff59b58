#include "sys/console.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sys/fd.h"
#include "sys/text.h"

namespace sys {

namespace {

struct Candidate {
  const char* path;
  int flags;
};

int open_first(std::initializer_list<Candidate> candidates) {
  for (const Candidate& candidate : candidates) {
    const int fd = ::open(candidate.path, candidate.flags | O_NOCTTY);
    if (fd >= 0) return fd;
  }
  return -1;
}

bool writable(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

// Others may write there as well (`> log 2>&1`). All share one position, so that nobody overwrites what another has
// written; a description of our own would have its own.
bool is_shared_file(int fd) {
  struct stat found {};
  return ::fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

int open_again(int fd) {
  return ::open(cat("/proc/self/fd/", fd).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

}  // namespace

void open_standard_fds(const char* stand_in) {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // open() takes the lowest free number, which is fd.
    open_first({{stand_in, O_RDWR}, {"/dev/null", O_RDWR}, {"/", O_RDONLY | O_DIRECTORY}});
  }
}

void reopen_standard_fds() {
  if (writable(1)) return;
  const Fd console(open_first({{"/dev/console", O_RDWR}, {"/dev/null", O_RDWR}}));
  if (!console.valid()) return;
  for (int fd = 0; fd <= 2; ++fd)
    ::dup2(console.get(), fd);
}

Result<std::unique_ptr<Stream>> open_console(int descriptor) {
  int fd = is_shared_file(descriptor) ? -1 : open_again(descriptor);
  if (fd < 0) fd = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return failure(errno, cat("open the console (descriptor ", descriptor, ")"));
  return stream_of(Fd(fd));
}

}  // namespace sys
