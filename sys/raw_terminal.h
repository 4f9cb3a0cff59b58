// A terminal in raw mode: what is typed comes as it is, and nothing is done about it (cfmakeraw(3)).
#pragma once

namespace sys {

// There is one at most. The terminal is as before when it is gone, when the process ends by exit(3), and when a signal
// ends it that nobody handles; only SIGKILL leaves it raw.
class RawTerminal {
 public:
  // Nothing happens where there is no terminal.
  explicit RawTerminal(int fd);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
};

}  // namespace sys
