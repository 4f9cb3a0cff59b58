// The terminal behind a descriptor.
#pragma once

#include <optional>

namespace sys {

struct TerminalSize {
  unsigned columns = 80;
  unsigned rows = 24;
};

// Nothing when it is no terminal (isatty(3)); of one that does not say its size (ioctl_tty(2)) the usual one.
std::optional<TerminalSize> terminal_size(int fd);

// Whether it is this process's terminal while another process group has it in the foreground, so that reading from it is
// not for us.
bool in_background(int fd);

}  // namespace sys
