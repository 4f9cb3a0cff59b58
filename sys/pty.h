// Pseudo-terminals: a terminal for a process, and the end that whoever plays its keyboard and screen has (pty(7)).
#pragma once

#include <cstdint>

#include "sys/fd.h"
#include "sys/result.h"
#include "sys/terminal.h"

namespace sys {

struct Pty {
  Fd master;
  Fd terminal;  // nobody's controlling terminal yet
};

// A terminal that belongs to `uid`. Needs /dev/pts.
Result<Pty> open_pty(TerminalSize size, std::uint32_t uid);
// Tells those in its foreground by SIGWINCH.
Status resize_pty(const Fd& master, TerminalSize size);

// What ends the input of a terminal that is not in raw mode: ^D.
constexpr char end_of_input = '\x04';

}  // namespace sys
