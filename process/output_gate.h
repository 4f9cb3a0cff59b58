// Whether output may go: the gate is closed while there is no connection to carry it, or while that takes no more. Whoever
// has something to deliver meanwhile waits here, and holds its process up by that.
#pragma once

#include <set>

namespace process {

class OutputGate {
 public:
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Once. Must not destroy anybody who waits.
    virtual void on_open() = 0;
  };

  bool is_open() const { return open_; }
  void open();
  void close() { open_ = false; }
  void wait(Waiter& waiter) { waiters_.insert(&waiter); }
  void forget(Waiter& waiter) { waiters_.erase(&waiter); }

 private:
  bool open_ = false;
  std::set<Waiter*> waiters_;
};

}  // namespace process
