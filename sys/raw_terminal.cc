#include "sys/raw_terminal.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

namespace sys {
namespace {

// What a signal's handler can see has to be global; it is written before there is one.
struct Before {
  volatile sig_atomic_t fd = -1;  // -1: nothing to be undone
  ::termios modes{};
};
constinit Before before;

// Only what a handler of signals may call.
void restore() {
  const int fd = before.fd;
  before.fd = -1;
  if (fd >= 0) ::tcsetattr(fd, TCSANOW, &before.modes);
}

void restore_and_die(int number) {
  restore();
  (void)::signal(number, SIG_DFL);
  (void)::raise(number);
}

constexpr int deadly[] = {SIGABRT, SIGALRM, SIGBUS,  SIGFPE,  SIGILL,  SIGIO,     SIGPROF,
                          SIGPWR,  SIGSEGV, SIGSYS,  SIGTRAP, SIGHUP,  SIGINT,    SIGQUIT,
                          SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGSTKFLT, SIGVTALRM};

// Whatever would do nothing keeps doing nothing.
void handle(int number) {
  struct sigaction now {};
  if (::sigaction(number, nullptr, &now) < 0 || now.sa_handler != SIG_DFL) return;
  now.sa_handler = restore_and_die;
  now.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(number, &now, nullptr);
}

}  // namespace

RawTerminal::RawTerminal(int fd) {
  ::termios modes{};
  if (::tcgetattr(fd, &modes) < 0) return;
  before.modes = modes;
  before.fd = fd;
  static const int at_exit = std::atexit(restore);
  static_cast<void>(at_exit);
  for (const int number : deadly)
    handle(number);
  ::cfmakeraw(&modes);
  if (::tcsetattr(fd, TCSANOW, &modes) < 0) before.fd = -1;
}

RawTerminal::~RawTerminal() { restore(); }

}  // namespace sys
