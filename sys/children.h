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

class Children {
 public:
  virtual ~Children() = default;
  // Calls `handler` once when `pid` has ended and has been reaped.
  virtual void expect(int pid, std::function<void(const Exit&)> handler) = 0;
  // Sends a signal to a child that is still expected; a pid that was reaped is refused (ESRCH).
  // `group`: to its process group, or to the child alone while it has not made itself one yet.
  virtual Status signal(int pid, int signal, bool group = false) = 0;
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
  void expect(int pid, std::function<void(const Exit&)> handler) override;
  Status signal(int pid, int signal, bool group) override;
  std::uint64_t orphans_reaped() const override { return orphans_; }
  std::size_t expected() const override { return expected_.size(); }

 private:
  bool reap_one();
  void reap_in_next_turn();

  Timer more_;
  std::map<int, std::function<void(const Exit&)>> expected_;
  std::uint64_t orphans_ = 0;
};

}  // namespace sys
