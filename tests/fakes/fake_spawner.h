// Processes that only a test moves: it says when exec happens, what they write, and how they end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sys/spawn.h"
#include "tests/fakes/fake_children.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_stream.h"
#include "tests/fakes/faults.h"

namespace fakes {

// What a fake process has written and nobody has read yet.
struct FakePipe {
  std::string data;
  bool closed = false;  // by the writer: the reader finds the end after the data
};

class FakeSpawner final : public sys::Spawner {
 public:
  FakeSpawner(FakeLoop& loop, FakeChildren& children, Faults& faults)
      : loop_(loop), children_(children), faults_(faults) {}

  // Recorded as "spawn PATH"; failing there is a failed fork. Pids come from FakeChildren::new_pid().
  sys::Result<sys::Spawned> start(sys::SpawnSpec spec, std::function<void(sys::Status)> started,
                                  std::function<void(const sys::Exit&)> ended) override;

  // Every process ever started, in order.
  const std::vector<int>& pids() const { return pids_; }
  const sys::SpawnSpec& spec(int pid) const { return processes_.at(pid).spec; }
  // The child gets to its exec: `prepare` is run (inline) and `started` told. Returns the path executed; empty when
  // prepare failed, in which case the process has ended (exit status 127).
  std::string execute(int pid);
  // Exec, or what comes before it, fails; the process ends.
  void fail_start(int pid, const sys::Error& error);

  void write_output(int pid, std::string_view text) { processes_.at(pid).output->data += text; }
  void write_error(int pid, std::string_view text) { processes_.at(pid).error->data += text; }
  void close_output(int pid) { processes_.at(pid).output->closed = true; }
  void close_error(int pid) { processes_.at(pid).error->closed = true; }
  // Its end of the pipe that it is fed by; null: it is not, or has closed it.
  FakeStream* input(int pid) { return processes_.at(pid).input.get(); }
  void close_input(int pid) { processes_.at(pid).input.reset(); }
  // The process ends. `held_open`: something that it has started keeps its output streams.
  void end(int pid, int status, bool held_open = false);

 private:
  struct Process {
    sys::SpawnSpec spec;
    std::function<void(sys::Status)> started;  // empty once it has been told
    std::function<void(const sys::Exit&)> ended;
    std::shared_ptr<FakePipe> output = std::make_shared<FakePipe>();
    std::shared_ptr<FakePipe> error = std::make_shared<FakePipe>();
    std::unique_ptr<FakeStream> input;
  };

  void tell_started(int pid, const sys::Status& status);
  void on_exit(const sys::Exit& exit);

  FakeLoop& loop_;
  FakeChildren& children_;
  Faults& faults_;
  std::map<int, Process> processes_;
  std::vector<int> pids_;
};

}  // namespace fakes
