#include "sys/pty.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

namespace sys {
namespace {

constexpr ::mode_t terminal_mode = 0620;  // others write to it by programs of the group tty (wall(1))

unsigned short cells(unsigned count) {
  return static_cast<unsigned short>(std::min<unsigned>(count, std::numeric_limits<unsigned short>::max()));
}

// Those of a fresh one are what a person expects, but for deleting characters of several bytes.
Status expect_utf8(const Fd& terminal) {
  ::termios modes{};
  if (::tcgetattr(terminal.get(), &modes) < 0) return failure(errno, "read a terminal's modes");
  modes.c_iflag |= IUTF8;
  if (::tcsetattr(terminal.get(), TCSANOW, &modes) < 0) return failure(errno, "set a terminal's modes");
  return {};
}

}  // namespace

// The other end by a call on this one, rather than by its path: whatever is mounted where, it is the right one.
Result<Pty> open_pty(TerminalSize size, std::uint32_t uid) {
  Pty pty{Fd(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)), Fd()};
  if (!pty.master.valid()) return failure(errno, "open a terminal: /dev/ptmx");
  const int locked = 0;
  if (::ioctl(pty.master.get(), TIOCSPTLCK, &locked) < 0) return failure(errno, "unlock a terminal");
  pty.terminal = Fd(::ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.terminal.valid()) return failure(errno, "open a terminal's other end");
  if (::fchown(pty.terminal.get(), uid, static_cast<gid_t>(-1)) < 0) return failure(errno, "give a terminal away");
  if (::fchmod(pty.terminal.get(), terminal_mode) < 0) return failure(errno, "set a terminal's mode");
  if (auto status = expect_utf8(pty.terminal); !status) return tl::unexpected(status.error());
  if (auto status = resize_pty(pty.master, size); !status) return tl::unexpected(status.error());
  return pty;
}

Status resize_pty(const Fd& master, TerminalSize size) {
  ::winsize window{};
  window.ws_row = cells(size.rows);
  window.ws_col = cells(size.columns);
  if (::ioctl(master.get(), TIOCSWINSZ, &window) < 0) return failure(errno, "set a terminal's size");
  return {};
}

}  // namespace sys
