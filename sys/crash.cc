#include "sys/crash.h"

#include <fcntl.h>
#include <linux/reboot.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sys {

namespace {

struct NamedSignal {
  int number;
  std::string_view name;
};

constexpr std::array fatal_signals = {
    NamedSignal{SIGSEGV, "SIGSEGV"}, NamedSignal{SIGBUS, "SIGBUS"},   NamedSignal{SIGILL, "SIGILL"},
    NamedSignal{SIGFPE, "SIGFPE"},   NamedSignal{SIGTRAP, "SIGTRAP"}, NamedSignal{SIGSYS, "SIGSYS"},
    NamedSignal{SIGABRT, "SIGABRT"},
};

// A signal handler can be handed nothing: hence these two.
constinit FatalHandler the_handler = nullptr;
constinit std::array<char, 32768> stack{};

const void* instruction_of([[maybe_unused]] const void* context) {
#if defined(__x86_64__)
  return reinterpret_cast<const void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<const void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.pc);
#else
  return nullptr;
#endif
}

void handle(int number, siginfo_t* info, void* context) {
  FatalSignal signal{.number = number, .name = "signal", .instruction = instruction_of(context)};
  for (const NamedSignal& known : fatal_signals) {
    if (known.number == number) signal.name = known.name;
  }
  if (number == SIGSEGV || number == SIGBUS) signal.address = info->si_addr;
  the_handler(signal);
}

}  // namespace

void on_fatal_signal(FatalHandler handler) {
  the_handler = handler;
  stack_t alternate{};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  ::sigaltstack(&alternate, nullptr);

  struct sigaction action {};
  action.sa_sigaction = handle;
  // NODEFER: a crash inside the handler reaches the handler again, which then takes the short way out.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigset_t mask;
  ::sigemptyset(&mask);
  for (const NamedSignal& known : fatal_signals) {
    ::sigaction(known.number, &action, nullptr);
    ::sigaddset(&mask, known.number);
  }
  // A fault whose signal is blocked would kill the process without a word.
  ::sigprocmask(SIG_UNBLOCK, &mask, nullptr);
}

bool raw_is_init() { return ::getpid() == 1; }

void raw_write(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      return;
    }
  }
}

bool raw_append_to(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return false;
  raw_write(fd, text);
  ::close(fd);
  return true;
}

void raw_sleep(unsigned seconds) {
  timespec rest{.tv_sec = static_cast<time_t>(seconds), .tv_nsec = 0};
  while (::nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

void raw_execute(const char* path, char* const* arguments) { ::execve(path, arguments, environ); }

void raw_restart_machine() {
  ::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, nullptr);
}

void raw_exit(int status) {
  for (;;)
    ::_exit(status);
}

}  // namespace sys
