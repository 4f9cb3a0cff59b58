// Signals come in through a descriptor, never through handlers (the emergency path for SIGSEGV and its kin
// is nodeinit/emergency.h).
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>

#include "sys/loop.h"
#include "sys/result.h"

namespace sys {

// Blocks every signal but those by which the kernel reports a fault of the program itself (SIGSEGV and its kin:
// blocked, they would kill without the emergency path), and ignores SIGPIPE. First thing in main().
void block_all_signals();

// For a child between fork and exec: default actions, nothing blocked.
void restore_signals_in_child();

// The signals that this process ignores: bit N - 1 for signal N. Those that belong to the C library do not count.
std::uint64_t ignored_signals();
// For a child between fork and exec.
void ignore_signals_in_child(std::uint64_t ignored);

// Blocks the given signals and delivers them as calls of `handler` from the loop. Equal signals that come faster than
// they are taken are delivered once (signal(7)). The handler must not destroy the source.
class SignalSource {
 public:
  virtual ~SignalSource() = default;
};
Result<std::unique_ptr<SignalSource>> watch_signals(Loop& loop, std::initializer_list<int> signals,
                                                    std::function<void(int signal)> handler);

struct SignalFacts {
  int signal = 0;
  bool from_kernel = false;  // typed at the terminal, say; else a process has sent it
};
Result<std::unique_ptr<SignalSource>> watch_signal_facts(Loop& loop, std::initializer_list<int> signals,
                                                         std::function<void(const SignalFacts&)> handler);

// Stops this process until it gets SIGCONT. `signal`: the one that does it, as a shell sees it (SIGTSTP, SIGTTIN); such a
// one does nothing in a process group that no shell looks after.
void stop_self(int signal = SIGSTOP);

}  // namespace sys
