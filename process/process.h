// One process, from the request to its end.
//
//   fetching --content here--> starting --exec--> running --reaped, output drained--> over
//      |                          |                                                    ^
//      +--------------------------+--failed, or killed before it ran-------------------+
//
// A process that is over is kept until its child, if there is one, has been reaped; then it is `gone`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "content/cache.h"
#include "process/limits.h"
#include "process/output_pump.h"
#include "process/start_failure.h"
#include "sys/cgroups.h"
#include "sys/files.h"
#include "sys/loop.h"
#include "sys/spawn.h"
#include "transport/messages.h"

namespace process {

struct ProcessTools {
  sys::Loop& loop;
  sys::Spawner& spawner;
  sys::Children& children;
  sys::Files& files;
  content::Cache& cache;
  const Limits& limits;
  sys::Cgroups& cgroups;
};

// All are called from the loop: either failed, or started, then output, then ended; in both cases gone.
struct ProcessEvents {
  std::function<void(int pid)> started;
  std::function<void(const StartFailure&)> failed;  // it never ran
  std::function<void(transport::StreamName, std::uint64_t offset, std::span<const std::byte>, bool end)> output;
  std::function<void(int status)> state = {};   // it has stopped or goes on: as wait(2) has it
  std::function<void(const sys::Exit&)> ended;  // after the last output
  std::function<void()> gone;                   // last; may destroy the process
};

class Process {
 public:
  // Begins at once. The process is who it is told to be (program, arguments, environment, ids, files).
  // `leftovers`: what becomes of what it leaves running in its process group. `group`: the cgroup that it is born in, if
  // any.
  Process(ProcessTools tools, transport::Launch launch, ProcessEvents events,
          sys::Leftovers leftovers = sys::Leftovers::live, std::string group = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Before it runs, SIGKILL, SIGTERM and SIGINT cancel it and others are ignored.
  void signal(const transport::Signal& signal);
  // All of the stream up to `position` has been taken.
  void taken(transport::StreamName stream, std::uint64_t position);
  // SIGKILL, and what it still has to say is dropped.
  void kill();
  int pid() const { return phase_ == Phase::running ? pid_ : 0; }  // 0: it does not run
  std::uint32_t uid() const { return launch_.uid; }
  // What has to happen before it runs, "fetching its content"; empty when it runs, or never will.
  std::string_view stage() const;

 private:
  enum class Phase { fetching, starting, running, over };
  struct Output {
    std::unique_ptr<OutputPump> pump;  // once it runs
    bool ended() const { return !pump || pump->ended(); }
  };

  void fetch();
  void on_fetched(const sys::Result<std::vector<std::string>>& paths);
  sys::SpawnSpec make_spec(const std::vector<std::string>& paths) const;
  void on_started(const sys::Status& status);
  void on_reaped(const sys::Exit& exit);
  void finish_if_drained();
  void fail(const StartFailure& failure);
  void go_if_reaped();
  void start_pump(transport::StreamName name, std::unique_ptr<sys::Stream> stream);
  Output& output(transport::StreamName name) { return outputs_[name == transport::StreamName::error ? 1 : 0]; }

  ProcessTools tools_;
  transport::Launch launch_;
  ProcessEvents events_;
  const sys::Leftovers leftovers_;
  const std::string group_;
  Phase phase_ = Phase::fetching;
  sys::Timer turn_;       // what is to be done or said from the loop
  sys::Spawned spawned_;  // its streams, until it runs
  int pid_ = 0;           // of a child that has not been reaped; 0: none
  int cancelled_by_ = 0;  // signal that came while it was starting
  std::optional<sys::Exit> exit_;
  Output outputs_[2];
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what the cache's and the spawner's answers look at
};

}  // namespace process
