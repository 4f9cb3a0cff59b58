#include "sys/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace sys {

std::optional<TerminalSize> terminal_size(int fd) {
  if (::isatty(fd) == 0) return std::nullopt;
  TerminalSize size;
  ::winsize said{};
  if (::ioctl(fd, TIOCGWINSZ, &said) < 0 || said.ws_col == 0 || said.ws_row == 0) return size;
  size.columns = said.ws_col;
  size.rows = said.ws_row;
  return size;
}

bool in_background(int fd) {
  const pid_t foreground = ::tcgetpgrp(fd);
  return foreground > 0 && foreground != ::getpgrp();
}

}  // namespace sys
