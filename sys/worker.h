// Work that can hang (a mount, a copy, a statfs) runs in a child process with a deadline, so that PID 1
// never blocks. A worker is a fork of this process: it sees all its memory (but of its descriptors only 0-2), writes
// its findings to `output`, and returns an exit status. It leads a session of its own and is killed together with
// what it has started. At its deadline it is killed; a worker that does not even die then (stuck in
// the kernel, state D) is reported as hung, and reaped whenever the kernel lets it go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sys/children.h"
#include "sys/loop.h"
#include "sys/result.h"

namespace sys {

// What a worker writes to: the pipe to its parent. Writing blocks the worker, not the parent.
class WorkerOutput {
 public:
  virtual ~WorkerOutput() = default;
  virtual Status write(const void* data, std::size_t size) = 0;
};

struct WorkerSpec {
  std::string name;                        // for the log: "setup step home"
  Duration deadline{};                     // zero: none
  std::size_t output_limit = 1 << 16;      // bytes; a worker that writes more is killed
  std::function<int(WorkerOutput&)> work;  // runs in the child; an exception there is exit status 125
};

enum class WorkerEnd {
  exited,     // `exit` holds how
  timed_out,  // killed at its deadline and reaped
  hung,       // killed at its deadline, but the kernel has not let go of it yet
};

struct WorkerResult {
  WorkerEnd end = WorkerEnd::exited;
  Exit exit;
  std::vector<std::byte> output;  // never more than the limit
  bool output_overflow = false;
  bool succeeded() const { return end == WorkerEnd::exited && exit.status == 0 && !output_overflow; }
};

using WorkerId = std::uint64_t;

class Workers {
 public:
  virtual ~Workers() = default;
  // `done` is called exactly once, from the loop, never from start(), when the worker has been reaped (or is hung) and
  // its output has been read. An error: fork or pipe failed.
  virtual Result<WorkerId> start(WorkerSpec spec, std::function<void(WorkerResult)> done) = 0;
  // Kills the worker; `done` is not called any more. Ids of workers that are done are ignored.
  virtual void cancel(WorkerId id) = 0;
  virtual std::size_t running() const = 0;
};

// The real ones: fork(2), a pipe, a timer, and the reaper. A killed worker is hung after `kill_grace`.
constexpr Duration kill_grace = std::chrono::seconds(2);
std::unique_ptr<Workers> make_workers(Loop& loop, Children& children);

}  // namespace sys
