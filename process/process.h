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
#include "process/input_pump.h"
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
  std::function<void(int pid, const std::string& notice)> started;  // `notice`: what is not as it was asked to be
  std::function<void(const StartFailure&)> failed;                  // it never ran
  std::function<void(transport::StreamName, std::uint64_t offset, std::span<const std::byte>, bool end)> output;
  std::function<void(const InputPump::News&)> input = {};  // Launch::input: first of all from where on it is wanted
  std::function<void(int status)> state = {};              // it has stopped or goes on: as wait(2) has it
  std::function<void(const sys::Exit&)> ended;             // after the last output
  std::function<void()> gone;                              // last; may destroy the process
};

struct ProcessOptions {
  sys::Leftovers leftovers = sys::Leftovers::live;  // what becomes of what it leaves running in its process group
  std::string group = {};                           // the cgroup that it is born in, if any
  OutputGate* gate = nullptr;                       // of its output; null: always open
};

class Process {
 public:
  // Begins at once. The process is who it is told to be (program, arguments, environment, ids, files).
  Process(ProcessTools tools, transport::Launch launch, ProcessEvents events, ProcessOptions options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Before it runs, SIGKILL, SIGTERM and SIGINT cancel it and others are ignored: false.
  bool signal(const transport::Signal& signal);
  // All of the stream up to `position` has been taken.
  void taken(transport::StreamName stream, std::uint64_t position);
  // What of its output has not been taken is sent once more, and the ends of its streams.
  void rewind();
  void rewind(transport::StreamName stream);
  // False: that is more than the window.
  [[nodiscard]] bool feed(const transport::StreamInput& input);
  // What is under way on the connection to it may be lost.
  void repeat_input();
  // Its terminal has another size.
  void resize(const transport::WindowSize& window);
  // SIGKILL, and what it still has to say is dropped.
  void kill();
  // It runs, or may still begin to. What it has said may be on its way for longer.
  bool alive() const { return !exit_ && (phase_ != Phase::over || pid_ != 0); }
  int pid() const { return phase_ == Phase::running ? pid_ : 0; }  // 0: it does not run
  // There is a process, though it may not have come to its exec yet.
  bool has_child() const { return pid_ != 0; }
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
  sys::SpawnSpec make_spec(const std::vector<std::string>& paths);
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
  const ProcessOptions options_;
  content::Cache::Hold hold_;  // of its files, until it is gone
  Phase phase_ = Phase::fetching;
  sys::Timer turn_;       // what is to be done or said from the loop
  sys::Spawned spawned_;  // its streams, until it runs
  int pid_ = 0;           // of a child that has not been reaped; 0: none
  std::string notice_;    // of it that runs
  int cancelled_by_ = 0;  // signal that came while it was starting
  std::optional<sys::Exit> exit_;
  Output outputs_[2];
  std::function<sys::Status(sys::TerminalSize)> resize_;        // once it runs, if it has a terminal
  std::unique_ptr<InputPump> input_;                            // once it runs, if it has input
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what the cache's and the spawner's answers look at
};

}  // namespace process
