// The two sides of a fork, for sys/worker.cc and sys/spawn.cc: pipes beforehand, and what every child does first.
#pragma once

#include <cstddef>

#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

struct Pipe {
  Fd read;
  Fd write;
};
// For what the child writes.
Result<Pipe> make_pipe();  // read: non-blocking, the parent's end; write: blocking

// As make_pipe(), for what the child reads.
Result<Pipe> make_input_pipe();  // read: blocking, the child's end; write: non-blocking

// Those from `first` to `last`, both included.
void close_descriptors(unsigned first, unsigned last);

// In the child: a session of its own (so that a signal to its group reaches all that it starts), signals as a
// program expects them, no protection from the out-of-memory killer, and of its parent's descriptors only 0-2
// and `kept`. The others are closed and not just marked: a child that hangs would keep sockets alive,
// and a file that is being written could not be executed.
void become_child(int kept);

// Writes all of it, however long that takes.
Status write_all(int fd, const void* data, std::size_t size);

}  // namespace sys
