#include "sys/ghost.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "sys/child.h"
#include "sys/fork_as.h"
#include "sys/text.h"

namespace sys {

namespace {

// As the kernel has it. The C library's own calls leave out the signals that it uses itself, which differ from library to
// library: a ghost is to hear them all.
using SignalMask = std::uint64_t;
constexpr SignalMask all_signals = ~SignalMask{0};
constexpr SignalMask bit_of(int signal) { return SignalMask{1} << (signal - 1); }

SignalMask set_mask(SignalMask mask) {
  SignalMask before = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &before, sizeof mask);
  return before;
}

constexpr int status_of_death = 128;  // and the signal, should the signal not kill

// What a ghost is told, in memory that it shares with its maker: how to end. The signal that wakes it up carries nothing.
struct Order {
  std::atomic<bool> given{false};
  std::atomic<int> status{0};
};
static_assert(std::atomic<int>::is_always_lock_free);

// Where the kernel shows a command line from: the strings of argv and of the environment behind them.
std::span<char> title_area(char** arguments, int count) {
  if (count < 1) return {};
  char* const begin = arguments[0];
  char* end = begin;
  // The strings stand one behind the other; what does not is not part of it.
  for (char** at = arguments; *at != nullptr; ++at)
    if (*at == end) end += std::strlen(*at) + 1;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at)
    if (*at == end) end += std::strlen(*at) + 1;
  return {begin, end};
}

[[noreturn]] void end_as(int status) {
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  const rlimit none{};
  (void)::setrlimit(RLIMIT_CORE, &none);  // the core, if there is one, is where the process was
  (void)::prctl(PR_SET_DUMPABLE, 0);
  (void)::signal(signal, SIG_DFL);
  (void)::kill(::getpid(), signal);
  set_mask(0);
  ::_exit(status_of_death + signal);
}

GhostSignal describe(const siginfo_t& info, std::uint32_t index) {
  const bool queued = info.si_code == SI_QUEUE;
  return {.index = index,
          .ghost = ::getpid(),
          .signal = info.si_signo,
          .from_terminal = info.si_code == SI_KERNEL,
          .queued = queued,
          .value = queued ? info.si_value.sival_int : 0,
          .sender = info.si_code <= 0 ? info.si_pid : 0};
}

[[noreturn]] void haunt(std::uint32_t index, SignalMask listened, const Order& order, int report) {
  const pid_t maker = ::getppid();
  for (;;) {
    siginfo_t info{};
    const long signal = ::syscall(SYS_rt_sigtimedwait, &listened, &info, nullptr, sizeof listened);
    if (order.given.load()) end_as(order.status.load());
    if (signal < 0 || (info.si_code <= 0 && info.si_pid == maker)) continue;
    const GhostSignal heard = describe(info, index);
    (void)!::write(report, &heard, sizeof heard);
  }
}

class ForkingGhostMaker final : public GhostMaker {
 public:
  ForkingGhostMaker(Loop& loop, std::span<char> title, std::uint32_t count, SignalMask ignored,
                    std::function<void(const GhostSignal&)> heard)
      : loop_(loop),
        title_(title),
        count_(count),
        listened_((all_signals & ~ignored) | bit_of(SIGCONT)),
        heard_(std::move(heard)) {}
  ~ForkingGhostMaker() override {
    loop_.unwatch(watch_);
    if (orders_ != nullptr) ::munmap(orders_, count_ * sizeof(Order));
  }

  Status start();
  Result<int> make(std::uint32_t index, const std::string& name, const std::string& command, int pid) override;
  void end(std::uint32_t index, int pid, int status) override {
    if (index >= count_) return;
    orders_[index].status = status;
    orders_[index].given = true;
    (void)::kill(pid, SIGCONT);
  }
  void discard(int pid) override { (void)::kill(pid, SIGKILL); }
  void stop(int pid) override { (void)::kill(pid, SIGSTOP); }
  void resume(int pid) override { (void)::kill(pid, SIGCONT); }

 private:
  void hear();
  [[noreturn]] void become_ghost(std::uint32_t index, const std::string& name, const std::string& command);

  Loop& loop_;
  std::span<char> title_;
  std::uint32_t count_;
  const SignalMask listened_;  // what is blocked is queued even where it is ignored
  std::function<void(const GhostSignal&)> heard_;
  Order* orders_ = nullptr;
  Pipe reports_;
  WatchId watch_ = 0;
};

Status ForkingGhostMaker::start() {
  void* const memory = ::mmap(nullptr, std::max<std::size_t>(count_, 1) * sizeof(Order), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failure(errno, "make memory to share with ghosts");
  orders_ = static_cast<Order*>(memory);
  auto pipe = make_pipe();
  if (!pipe) return tl::unexpected(pipe.error());
  reports_ = std::move(*pipe);
  auto watch = loop_.watch(reports_.read.get(), Ready::read, [this](Ready) { hear(); });
  if (!watch) return tl::unexpected(watch.error());
  watch_ = *watch;
  return {};
}

void ForkingGhostMaker::hear() {
  GhostSignal signal;
  // Each report is one write, and shorter than PIPE_BUF.
  if (::read(reports_.read.get(), &signal, sizeof signal) == sizeof signal) heard_(signal);
}

Result<int> ForkingGhostMaker::make(std::uint32_t index, const std::string& name, const std::string& command,
                                    int wanted) {
  if (index >= count_) return refusal("more ghosts than there is room for");
  orders_[index].given = false;
  // All are blocked before there is a child, so that none is lost; SIGSTOP and SIGKILL do what they do.
  const SignalMask before = set_mask(listened_);
  const pid_t maker = ::getpid();
  const int pid = fork_as(wanted, -1);
  const int code = errno;
  if (pid == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != maker) ::_exit(0);
    become_ghost(index, name, command);
  }
  set_mask(before);
  if (pid < 0) return failure(code, "fork a ghost");
  return pid;
}

void ForkingGhostMaker::become_ghost(std::uint32_t index, const std::string& name, const std::string& command) {
  (void)::prctl(PR_SET_NAME, name.c_str());
  if (!title_.empty()) {
    const std::size_t size = std::min(command.size(), title_.size() - 1);
    std::memcpy(title_.data(), command.data(), size);
    std::memset(title_.data() + size, 0, title_.size() - size);
  }
  // Nobody waits for a pipe's end because of a ghost.
  const int report = ::dup2(reports_.write.get(), 0);
  close_descriptors(1, std::numeric_limits<unsigned>::max());
  (void)::chdir("/");
  haunt(index, listened_, orders_[index], report);
}

}  // namespace

Result<std::unique_ptr<GhostMaker>> make_ghost_maker(Loop& loop, char** arguments, int argument_count,
                                                     std::uint32_t count, std::uint64_t ignored,
                                                     std::function<void(const GhostSignal&)> heard) {
  auto maker = std::make_unique<ForkingGhostMaker>(loop, title_area(arguments, argument_count), count, ignored,
                                                   std::move(heard));
  if (auto started = maker->start(); !started) return tl::unexpected(started.error());
  return maker;
}

}  // namespace sys
