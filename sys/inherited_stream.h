// A command's standard descriptors as streams. They are shared with whoever started the command (a shell's terminal, a
// pipe), so they are neither closed nor made non-blocking. Writing at most PIPE_BUF bytes when the loop says that the
// descriptor is ready does not block (pipe(7)).
#pragma once

#include <memory>

#include "sys/stream.h"

namespace sys {

std::unique_ptr<Stream> inherited_stream(int fd);

}  // namespace sys
