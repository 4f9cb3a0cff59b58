#include "sys/child.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "sys/signals.h"

namespace sys {

namespace {

constexpr unsigned first_private = 3;  // descriptor after stdin, stdout and stderr

// musl 1.2.3 has no wrapper.
void close_range(unsigned first, unsigned last) { ::syscall(SYS_close_range, first, last, 0); }

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

void become_child(int kept) {
  ::setsid();
  restore_signals_in_child();
  drop_oom_protection();
  const auto hole = static_cast<unsigned>(kept);
  if (hole > first_private) close_range(first_private, hole - 1);
  close_range(std::max(hole + 1, first_private), std::numeric_limits<unsigned>::max());
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
