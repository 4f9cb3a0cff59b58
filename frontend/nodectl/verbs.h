// What nodectl can be told to do: one function and one file per verb (verb_status.cc, ...). Each prints its result
// and returns nodectl's exit status: 0 all well, 1 a node or step failed, 2 usage; `run`: see exit_status.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frontend/nodectl/exchange.h"
#include "transport/messages.h"

namespace frontend {

struct StatusOptions {
  std::string nodes = "all";
  std::string bproc;  // the form in which bpstat shows them (bpstat_text.h); empty: nodectl's own
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

// chown, chgrp, chmod.
struct RightsOptions {
  transport::NodeRight right = transport::NodeRight::owner;
  std::string value;  // a user, a group, or an octal mode
  std::string nodes;
};
int run_rights(Context& context, const RightsOptions& options);

struct AvailabilityOptions {
  std::string nodes;
  std::string state;  // available or unavailable
};
int run_availability(Context& context, const AvailabilityOptions& options);

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
  std::vector<std::string> command;      // program and its arguments
  transport::JobLimits limits;
  std::string output;  // directory for files of each node; empty: nodectl's own output
  bool terminal = false;
  std::uint32_t input = transport::all_ranks;  // who gets the caller's standard input; also a rank, or no_rank
};
int run_run(Context& context, const RunOptions& options);

struct RshOptions {
  std::vector<std::string> words;  // see rsh_line.h
};
// What to run for it; nothing when it has been said why not.
std::optional<RunOptions> run_options_of(Context& context, const RshOptions& options);
int run_rsh(Context& context, const RshOptions& options);

struct CpOptions {
  bool recursive = false;
  bool preserve = false;
  std::vector<std::string> operands;  // sources, then the destination
};
int run_cp(Context& context, const CpOptions& options);

}  // namespace frontend
