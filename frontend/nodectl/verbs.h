// What nodectl can be told to do: one function and one file per verb (verb_status.cc, ...). Each prints its result
// and returns nodectl's exit status: 0 all well, 1 a node or step failed, 2 usage; `run`: see exit_status.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/nodectl/exchange.h"
#include "transport/messages.h"

namespace frontend {

struct StatusOptions {
  std::string nodes = "all";
};
int run_status(Context& context, const StatusOptions& options);

struct WaitOptions {
  std::string nodes;
  std::string state = "up";
  std::uint64_t timeout_ms = 0;  // 0: without limit
};
int run_wait(Context& context, const WaitOptions& options);

struct BootLogOptions {
  std::string nodes;
};
int run_boot_log(Context& context, const BootLogOptions& options);

struct LogOptions {
  std::string nodes;
  bool follow = false;
};
int run_log(Context& context, const LogOptions& options);

struct UpOptions {
  std::string nodes;
  bool follow = false;
};
int run_up(Context& context, const UpOptions& options);

struct PlanOptions {
  transport::PlanQuestion question = transport::PlanQuestion::check;
  std::string nodes;  // dry_run
};
int run_plan(Context& context, const PlanOptions& options);

struct PowerOptions {
  std::string nodes;
  transport::PowerChange change = transport::PowerChange::restart;
};
int run_power(Context& context, const PowerOptions& options);

struct ServicesOptions {
  std::string nodes = "all";
};
int run_services(Context& context, const ServicesOptions& options);

struct KillOptions {
  int signal = 15;                   // SIGTERM
  std::uint64_t job = 0;             // 0: the targets are processes
  std::vector<std::string> targets;  // PID or NODES:PID; of a job: NODES
};
int run_kill(Context& context, const KillOptions& options);

struct PsOptions {
  std::string nodes = "up";
};
int run_ps(Context& context, const PsOptions& options);

struct MetricsOptions {};
int run_metrics(Context& context, const MetricsOptions& options);

struct RunOptions {
  std::string nodes;
  bool label = false;
  bool summary = false;
  std::string directory;                 // empty: where nodectl is
  std::vector<std::string> environment;  // K=V, over the caller's own
  transport::JobLimits limits;
  std::vector<std::string> command;  // program and its arguments
};
int run_run(Context& context, const RunOptions& options);

}  // namespace frontend
