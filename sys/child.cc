#include "sys/child.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "sys/signals.h"
#include "sys/text.h"

namespace sys {

namespace {

constexpr unsigned first_private = 3;  // descriptor after stdin, stdout and stderr

// Those that /proc tells of: there may be a thousand million numbers to try. Without /proc they stay until exec.
void close_listed(unsigned first, unsigned last) {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory)) {
    const auto fd = parse_number(entry->d_name, first, last);
    if (fd && static_cast<int>(*fd) != ::dirfd(directory)) ::close(static_cast<int>(*fd));
  }
  ::closedir(directory);
}

// PID 1 is protected; its children must not be. In a container that forbids it, nothing was inherited either.
void drop_oom_protection() {
  const Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (file.valid()) (void)write_all(file.get(), "0", 1);
}

Result<Pipe> make_pipe_for_parent(Fd Pipe::*parents_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure(errno, "make a pipe");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  if (::fcntl((pipe.*parents_end).get(), F_SETFL, O_NONBLOCK) < 0) return failure(errno, "make a pipe non-blocking");
  return pipe;
}

}  // namespace

Result<Pipe> make_pipe() { return make_pipe_for_parent(&Pipe::read); }

Result<Pipe> make_input_pipe() { return make_pipe_for_parent(&Pipe::write); }

// musl 1.2.3 has no wrapper. Linux has the call since 5.9, and filters (seccomp) that do not know it deny it.
void close_descriptors(unsigned first, unsigned last) {
  if (::syscall(SYS_close_range, first, last, 0) < 0) close_listed(first, last);
}

void become_child(int kept) {
  // First of all: what its parent has open to write to it can be executed by nobody as long as it is open here.
  const auto hole = static_cast<unsigned>(kept);
  if (hole > first_private) close_descriptors(first_private, hole - 1);
  close_descriptors(std::max(hole + 1, first_private), std::numeric_limits<unsigned>::max());
  ::setsid();
  restore_signals_in_child();
  drop_oom_protection();
}

Status write_all(int fd, const void* data, std::size_t size) {
  const auto* at = static_cast<const std::byte*>(data);
  while (size > 0) {
    const ssize_t written = ::write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(errno, "write to the parent");
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

}  // namespace sys
