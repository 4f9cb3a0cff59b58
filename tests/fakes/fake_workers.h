// Workers whose work is done inline, in a later turn of the loop: what it changes in memory stays changed, so a
// test must not take that for an answer. The test chooses by name who fares otherwise.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "sys/worker.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeWorkers final : public sys::Workers {
 public:
  FakeWorkers(FakeLoop& loop, Faults& faults) : loop_(loop), faults_(faults) {}

  // Recorded as "worker NAME"; failing there is a failed fork.
  sys::Result<sys::WorkerId> start(sys::WorkerSpec spec, std::function<void(sys::WorkerResult)> done) override;
  // Recorded as "cancel worker NAME".
  void cancel(sys::WorkerId id) override;
  std::size_t running() const override { return running_.size(); }

  // What becomes of workers of that name from now on. Their work is not done at all.
  void hang(const std::string& name);           // until the deadline; dies then (timed_out)
  void hang_for_good(const std::string& name);  // does not even die when killed (hung)
  void die(const std::string& name, int signal);
  void behave(const std::string& name) { fates_.erase(name); }

 private:
  enum class Fate { hangs, hangs_for_good, dies };
  struct Misfortune {
    Fate fate;
    int signal;
  };
  struct Worker {
    sys::WorkerSpec spec;
    std::function<void(sys::WorkerResult)> done;
  };

  void begin(sys::WorkerId id);
  void finish(sys::WorkerId id, sys::WorkerResult result);

  FakeLoop& loop_;
  Faults& faults_;
  std::map<std::string, Misfortune> fates_;
  std::map<sys::WorkerId, Worker> running_;
  sys::WorkerId next_id_ = 1;
};

}  // namespace fakes
