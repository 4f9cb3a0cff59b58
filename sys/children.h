// The one place that waits for children (wait(2) and its kin appear nowhere else: a waitpid(-1) anywhere
// would lose somebody's status). On SIGCHLD it peeks (WNOWAIT), looks the pid up, reaps, forgets the pid,
// and only then delivers. A pid that nobody watches is an orphan: reaped and counted.
// At most `per_turn` children are reaped per turn of the loop, so that a storm of orphans delays nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sys/loop.h"
#include "sys/result.h"

namespace sys {

struct Exit {
  int pid = 0;
  int status = 0;            // as wait(2) gives it
  std::int64_t user_us = 0;  // CPU times, microseconds
  std::int64_t system_us = 0;
  std::int64_t max_rss_kib = 0;  // of the largest descendant, KiB
};

// "exit status 3", "killed by signal 9 (Killed)".
std::string describe_status(int status);

// Whether a status that Children::watch_states() tells is a stop; else the child goes on.
constexpr bool is_stop(int status) { return (status & 0xff) == 0x7f; }

// What becomes of the others in a child's process group when the child has ended. They are ended by SIGKILL before the
// child is reaped: as long as it is a zombie, no other group can have its number. What has made a session or a group of
// its own (setsid(2), setpgid(2)) is out of reach.
enum class Leftovers : unsigned char {
  live,            // they are on their own
  die_on_failure,  // they live when the child has ended with exit status 0
  die,
};

class Children {
 public:
  virtual ~Children() = default;
  // Calls `handler` once when `pid` has ended and has been reaped.
  virtual void expect(int pid, std::function<void(const Exit&)> handler, Leftovers leftovers = Leftovers::live) = 0;
  // Sends a signal to a child that is still expected; a pid that was reaped is refused (ESRCH).
  // `group`: to its process group, or to the child alone while it has not made itself one yet. A child that does nothing
  // about SIGTSTP and its kin is stopped by SIGSTOP in their place: it leads a session of its own, where the kernel
  // would ignore them (signal(7), setpgid(2): orphaned process groups).
  virtual Status signal(int pid, int signal, bool group = false) = 0;
  // To the child alone, with a value (sigqueue(3)).
  virtual Status queue(int pid, int signal, int value) = 0;
  // Calls `handler` with the wait(2) status whenever a child that is expected has stopped or continues.
  virtual void watch_states(int pid, std::function<void(int status)> handler) = 0;
  virtual std::uint64_t orphans_reaped() const = 0;
  // Children that are expected and have not been reaped yet.
  virtual std::size_t expected() const = 0;
};

// The real one. `sigchld` readiness comes from the loop's signal descriptor (sys/signals.h): call
// reap() on each SIGCHLD.
class KernelChildren final : public Children {
 public:
  static constexpr int per_turn = 64;
  explicit KernelChildren(Loop& loop) : more_(loop) {}

  // Reaps what has ended. What is over per_turn, or left behind by a handler's exception, follows by itself in
  // the next turn: one SIGCHLD may stand for many children.
  void reap();
  void expect(int pid, std::function<void(const Exit&)> handler, Leftovers leftovers = Leftovers::live) override;
  Status signal(int pid, int signal, bool group) override;
  Status queue(int pid, int signal, int value) override;
  void watch_states(int pid, std::function<void(int status)> handler) override;
  std::uint64_t orphans_reaped() const override { return orphans_; }
  std::size_t expected() const override { return expected_.size(); }

 private:
  struct Expected {
    std::function<void(const Exit&)> handler;
    Leftovers leftovers = Leftovers::live;
    std::function<void(int)> on_state = {};
  };

  bool reap_one();
  bool tell_one_state();
  void reap_in_next_turn();

  Timer more_;
  std::map<int, Expected> expected_;
  std::uint64_t orphans_ = 0;
};

}  // namespace sys
