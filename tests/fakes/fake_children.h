// Children without processes: a test says when and how they end.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "sys/children.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeChildren final : public sys::Children {
 public:
  explicit FakeChildren(Faults& faults) : faults_(faults) {}

  void expect(int pid, std::function<void(const sys::Exit&)> handler,
              sys::Leftovers leftovers = sys::Leftovers::live) override;
  // Recorded as "signal 15 to 100" or "signal 15 to group 100". No one dies of it: that is the test's to say.
  sys::Status signal(int pid, int signal, bool group = false) override;
  // Recorded as "signal 34 with value 5 to 100".
  sys::Status queue(int pid, int signal, int value) override;
  void watch_states(int pid, std::function<void(int)> handler) override {
    expected_.at(pid).on_state = std::move(handler);
  }
  // The child has stopped or goes on.
  void tell_state(int pid, int status) { expected_.at(pid).on_state(status); }
  std::uint64_t orphans_reaped() const override { return orphans_; }
  std::size_t expected() const override { return expected_.size(); }

  int new_pid() { return next_pid_++; }
  std::vector<int> pids() const;  // those that are expected
  bool expects(int pid) const { return expected_.contains(pid); }
  // Whether what a child that has ended left in its group was ended with it.
  bool ended_group(int pid) const { return ended_groups_.contains(pid); }
  // The child has ended; an unknown one is an orphan.
  void end(const sys::Exit& exit);
  void end(int pid, int status) { end(sys::Exit{.pid = pid, .status = status}); }

 private:
  Faults& faults_;
  struct Expected {
    std::function<void(const sys::Exit&)> handler;
    sys::Leftovers leftovers = sys::Leftovers::live;
    std::function<void(int)> on_state = {};
  };
  std::map<int, Expected> expected_;
  std::set<int> ended_groups_;
  int next_pid_ = 100;
  std::uint64_t orphans_ = 0;
};

// Statuses as wait(2) gives them.
constexpr int exited(int code) { return code << 8; }
constexpr int killed_by(int signal) { return signal; }

}  // namespace fakes
