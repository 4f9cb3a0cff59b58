#include "sys/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "sys/fd.h"

namespace sys {

namespace {

constexpr int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

class KernelSignalSource final : public SignalSource {
 public:
  KernelSignalSource(Loop& loop, Fd fd) : loop_(loop), fd_(std::move(fd)) {}
  ~KernelSignalSource() override { loop_.unwatch(watch_); }

  Status start(std::function<void(const SignalFacts&)> handler) {
    auto watch = loop_.watch(fd_.get(), Ready::read, [this, handler = std::move(handler)](Ready) { deliver(handler); });
    if (!watch) return tl::unexpected(watch.error());
    watch_ = *watch;
    return {};
  }

 private:
  // One read per turn; what it leaves keeps the descriptor readable.
  void deliver(const std::function<void(const SignalFacts&)>& handler) {
    std::array<signalfd_siginfo, 16> arrived;
    const ssize_t size = ::read(fd_.get(), arrived.data(), sizeof arrived);
    const auto count = size < 0 ? 0 : static_cast<std::size_t>(size) / sizeof arrived[0];
    for (std::size_t i = 0; i < count; ++i)
      handler({static_cast<int>(arrived[i].ssi_signo), arrived[i].ssi_code == SI_KERNEL});
  }

  Loop& loop_;
  Fd fd_;
  WatchId watch_ = 0;
};

}  // namespace

void block_all_signals() {
  sigset_t set;
  ::sigfillset(&set);
  for (const int signal : fault_signals)
    ::sigdelset(&set, signal);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
}

std::uint64_t ignored_signals() {
  std::uint64_t ignored = 0;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) ignored |= 1ull << (signal - 1);
  }
  return ignored;
}

void ignore_signals_in_child(std::uint64_t ignored) {
  for (int signal = 1; signal < NSIG; ++signal)
    if ((ignored >> (signal - 1) & 1) != 0) (void)::signal(signal, SIG_IGN);
}

void restore_signals_in_child() {
  // Actions first: a signal that waits would otherwise meet a handler that was meant for the parent. The C library
  // refuses the few numbers that are its own, and SIGKILL and SIGSTOP have no other action.
  for (int signal = 1; signal < NSIG; ++signal)
    (void)::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void stop_self(int signal) { (void)::kill(::getpid(), signal); }

Result<std::unique_ptr<SignalSource>> watch_signals(Loop& loop, std::initializer_list<int> signals,
                                                    std::function<void(int signal)> handler) {
  return watch_signal_facts(loop, signals,
                            [handler = std::move(handler)](const SignalFacts& facts) { handler(facts.signal); });
}

Result<std::unique_ptr<SignalSource>> watch_signal_facts(Loop& loop, std::initializer_list<int> signals,
                                                         std::function<void(const SignalFacts&)> handler) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals)
    ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return failure(errno, "make a descriptor for signals");
  auto source = std::make_unique<KernelSignalSource>(loop, std::move(fd));
  if (auto started = source->start(std::move(handler)); !started) return tl::unexpected(started.error());
  return source;
}

}  // namespace sys
