// A program that is kept alive, under the name of its step.
//
//   starting --exec--> running --ended--> pausing --pause over--> starting
//      |                 |  '--ended well, and restarted on failure only--> ended
//      |                 '--the step has changed--> stopping --gone--> starting, as it is now
//      |                 '--stop()--> stopping --gone--> ended
//      '--the start that the step waits for fails--> ended
//
// One that runs is replaced only once the content of the new one is on the node; until then, and when it is not to be
// had, it runs on. A start that hangs, on a dead file system for one, is killed: when its step gives it up, or, when
// nobody waits for it, after start_limit.
//
// Pauses grow while it keeps failing, up to a minute, and begin anew once it has run for a while. Stopping is SIGTERM
// for its process group, and SIGKILL for all of it should the program itself not end. However it has ended, what it has
// left running in its group is killed, so that the next one is alone. Its output goes to the log, line by line.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "process/line_log.h"
#include "process/process.h"
#include "sys/backoff.h"
#include "sys/log.h"

namespace process {

struct ServiceTools {
  ProcessTools process;
  sys::Log& log;
  std::function<std::uint64_t()> random;  // for the pauses
};

// Whether anything had to be done so that it runs; or why it does not.
using ServiceKept = std::function<void(sys::Result<bool> changed)>;

class Service {
 public:
  static constexpr sys::Duration stop_limit = std::chrono::seconds(5);      // from SIGTERM to SIGKILL
  static constexpr sys::Duration start_limit = std::chrono::seconds(60);    // of a restart, content included
  static constexpr sys::Duration settled_after = std::chrono::seconds(60);  // running: the next pause is a short one
  static constexpr sys::BackoffPolicy pauses = {
      .first = std::chrono::seconds(1), .factor = 2, .cap = std::chrono::seconds(60)};

  // `tag` tells its temporary names apart from those of other processes of steps. `changed` is called, from the loop or
  // from inside of the calls below, whenever status() says something new.
  Service(ServiceTools tools, std::string name, std::uint32_t tag, std::function<void()> changed);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Has it running as `step` says; `done` is called once, from the loop. One that runs already like this is left alone,
  // and so is one that has ended well and is restarted on failure only; one that pauses is started at once.
  void keep(const transport::ServiceStep& step, ServiceKept done);
  // Nobody waits for keep() any more: what it has begun and does not run yet is given up.
  void give_up();
  void stop(std::string why);
  // The node goes down, and somebody else ends its processes: this one is not started again.
  void end_for_good();

  transport::ServiceStatus status() const;
  bool has_process() const { return process_ != nullptr; }
  // What it needs to be started again.
  std::span<const transport::FileEntry> files() const;
  // Stopped, and nothing is left of it.
  bool over() const { return !wanted_ && !process_; }

 private:
  enum class Phase { starting, running, stopping, pausing, ended };
  // What is to replace the one that runs, while its content is fetched.
  struct Next {
    transport::ServiceStep step;
    ServiceKept done;
  };

  void fetch(const transport::ServiceStep& step, ServiceKept done);
  void on_fetched(Next& next, const sys::Status& status);
  void take(const transport::ServiceStep& step);
  void start();
  void on_start_limit();
  transport::Launch launch() const;
  ProcessEvents events();
  void on_started(int pid);
  void on_ended(const sys::Exit& exit);
  void on_gone();
  void end_process();
  void pause();
  void enter(Phase phase);
  void tell(sys::Result<bool> changed);
  bool ended_well() const { return phase_ == Phase::ended && exit_ && exit_->status == 0; }

  ServiceTools tools_;
  const std::string name_;
  const std::uint32_t tag_;
  std::function<void()> changed_;

  std::optional<transport::ServiceStep> wanted_;  // nothing: it is not to run
  ServiceKept done_;                              // empty: nobody waits for it
  std::shared_ptr<Next> next_;                    // empty: none; what the cache's answer looks at
  bool begun_by_step_ = false;                    // the present start is not a restart
  bool replacing_ = false;                        // what runs is not what is wanted
  std::unique_ptr<Process> process_;              // until it is gone
  Phase phase_ = Phase::ended;
  sys::WallTime since_;            // that of phase_
  sys::Instant started_;           // the last that ran
  int pid_ = 0;                    // of what runs
  std::uint32_t restarts_ = 0;     // since the step
  std::optional<sys::Exit> exit_;  // of the last that ran
  std::string last_end_;           // in words; empty: none yet
  sys::Error failure_;             // why the last start failed
  std::string overdue_;            // why the present start was killed; empty: it was not
  sys::Backoff backoff_;
  sys::Timer timer_;  // of restarting, pausing and stopping
  sys::Timer turn_;   // what is to be told from the loop
  LineLog output_;
  LineLog error_;
};

// The same program, in every respect that counts while it runs: its content and that of its libraries too.
bool same_service(const transport::ServiceStep& a, const transport::ServiceStep& b);

}  // namespace process
