// Descriptors 0, 1 and 2, and the console behind them.
#pragma once

#include <memory>

#include "sys/result.h"
#include "sys/stream.h"

namespace sys {

// Makes 0, 1 and 2 valid where they are not (an image without /dev/console): `stand_in`, else /dev/null, else
// the root directory, so that no other file ever gets these numbers. Close-on-exec is not set on them.
void open_standard_fds(const char* stand_in = "/dev/console");

// Points 0, 1 and 2 at the console, now that /dev is there. Only when 1 can not be written to.
void reopen_standard_fds();

// The console behind `descriptor` as a stream that never blocks, with a file description of its own when there is a way to get one, so that
// the programs that share the descriptor do not see O_NONBLOCK. A regular file, where that means nothing, is shared.
Result<std::unique_ptr<Stream>> open_console(int descriptor = 1);

}  // namespace sys
