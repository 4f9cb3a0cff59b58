// Starting a program (fork and exec) with everything that a child needs said beforehand. Between fork and
// exec the child makes raw system calls only (but for `prepare`) and reports a failure over a close-on-exec
// pipe, which PID 1 reads from its loop: starting never waits for the child. Of its parent's descriptors the
// program gets none but 0-2. A program that somebody has open for writing is tried again for a second.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sys/children.h"
#include "sys/limits.h"
#include "sys/loop.h"
#include "sys/result.h"
#include "sys/stream.h"
#include "sys/terminal.h"

namespace sys {

struct SpawnSpec {
  std::string path;                    // absolute
  std::vector<std::string> arguments;  // argv[0] first
  std::vector<std::string> environment;
  int pid = 0;        // that it is to have; 0: any
  std::string group;  // the directory of the cgroup that it is born in; empty: its parent's
  std::string input;  // what it reads on its stdin; empty: /dev/null
  bool fed = false;   // it reads what is written to Spawned::input instead
  std::optional<TerminalSize>
      terminal;  // of its own, controlling it: what it writes, on stderr too, is Spawned::output
  std::string directory = "/";
  bool directory_required = false;  // false: where it cannot be entered, the child starts in "/"
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
  std::uint32_t umask = 022;
  std::vector<Limit> limits;              // besides those, it has its parent's
  std::uint64_t ignored = 0;              // signals that it ignores from the start: sys/signals.h
  Leftovers leftovers = Leftovers::live;  // what it leaves running in its group
  // Called from the loop before `started`: it runs, but not in `directory`, and why.
  std::function<void(const Error&)> elsewhere;
  // Runs in the child first of all, as root, before ids are dropped; may block and allocate (it is a fork of
  // a single-threaded process). Returns the path to execute instead of `path`; empty: `path` it is. An error is
  // reported as the launch's error.
  std::function<Result<std::string>()> prepare;
};

struct Spawned {
  int pid = 0;
  std::unique_ptr<Stream> output;  // read ends, non-blocking
  std::unique_ptr<Stream> error;   // null: SpawnSpec::terminal
  std::unique_ptr<Stream> input;   // SpawnSpec::fed: write end, non-blocking; EPIPE when nobody reads any more
  std::function<Status(TerminalSize)> resize;  // SpawnSpec::terminal
};

class Spawner {
 public:
  virtual ~Spawner() = default;
  // Descriptors 0-2 of this process must be open. The child leads its own session, so that
  // signalling its group reaches its offspring.
  // `started` is called once from the loop, with success once exec has happened or with what failed
  // (Error::code is the errno of prepare, setuid or exec; 0 when the child was killed before exec). `ended` is called once after that, when the child
  // has been reaped, also after a failed start.
  // A pid that is taken, or that this kernel cannot give, is the error EEXIST or EINVAL at once; a group that may have
  // no more processes EAGAIN.
  virtual Result<Spawned> start(SpawnSpec spec, std::function<void(Status)> started,
                                std::function<void(const Exit&)> ended) = 0;
};

// Processes outlive a spawner that goes; they are reaped, and nobody is told.

std::unique_ptr<Spawner> make_spawner(Loop& loop, Children& children);

}  // namespace sys
