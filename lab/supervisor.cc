#include "lab/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "sys/children.h"
#include "sys/text.h"

namespace lab {
namespace {

// What a machine's firmware takes, at the least: also keeps a node that restarts at once from spinning.
constexpr int restart_delay_ms = 500;

class Supervisor {
 public:
  Supervisor(Console& console, sys::Fd signals) : console_(console), signals_(std::move(signals)) {}

  Outcome run(const MachineSpec& spec) {
    for (;;) {
      const sys::Result<int> pid = boot(spec, console_.node_end());
      if (!pid) {
        console_.say(sys::cat("cannot boot: ", pid.error().text()));
        return Outcome::failed;
      }
      const int status = wait_for_end(*pid);
      console_.drain();
      if (power_cut_) return ended("power cut", Outcome::off);
      if (!WIFSIGNALED(status) || (WTERMSIG(status) != SIGHUP && WTERMSIG(status) != SIGINT))
        return ended(sys::cat("machine died: ", sys::describe_status(status)), Outcome::died);
      if (WTERMSIG(status) == SIGINT) return ended("power off", Outcome::off);
      console_.say("restart");
      if (sleep_until_event(restart_delay_ms); power_cut_) return ended("power cut", Outcome::off);
    }
  }

 private:
  Outcome ended(const std::string& text, Outcome outcome) {
    console_.say(text);
    return outcome;
  }

  // The wait status of PID 1, once it has ended.
  int wait_for_end(int pid) {
    for (;;) {
      int status = 0;
      if (waitpid(pid, &status, WNOHANG) == pid) return status;
      sleep_until_event(-1);
      console_.drain();
      if (power_cut_) kill(pid, SIGKILL);  // the kernel kills everything else in the namespace with it
    }
  }

  // Sleeps until a signal, output, or the end of the time.
  void sleep_until_event(int timeout_ms) {
    std::array<pollfd, 2> watched = {{{signals_.get(), POLLIN, 0}, {console_.read_end(), POLLIN, 0}}};
    if (poll(watched.data(), watched.size(), timeout_ms) <= 0) return;
    signalfd_siginfo signal;
    while (read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal))
      power_cut_ = power_cut_ || signal.ssi_signo == SIGTERM;
  }

  Console& console_;
  sys::Fd signals_;
  bool power_cut_ = false;
};

}  // namespace

Outcome supervise(const MachineSpec& spec, Console& console) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGCHLD);
  sys::Fd signals(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals.valid()) {
    console.say(sys::Error{errno, "make a signal descriptor"}.text());
    return Outcome::failed;
  }
  return Supervisor(console, std::move(signals)).run(spec);
}

}  // namespace lab
