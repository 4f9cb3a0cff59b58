// What nodectl plan is told of a plan: what is in it, what is wrong with its files, what it would do on nodes. The last two
// read files and look names up, which may block: they run in a worker (plan_inquiry.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "sys/files.h"
#include "transport/messages.h"

namespace frontend {

// Takes the parts of an answer, in order; false: no more of them.
using PlanSink = std::function<bool(const transport::PlanReply&)>;

// The steps as they are written, in the order in which they are carried out, then the hooks.
std::vector<transport::PlanReply> show_plan(sys::Files& files, const std::vector<PlanStep>& plan,
                                            const HookSettings& hooks);

// The problems of the configuration that is read from `path`, as nodemaster would find them, and all sources that cannot be
// read. `kernels`: releases that nodes are known to run.
void check_plan(sys::Files& files, const std::string& path, const std::vector<std::string>& kernels,
                const PlanSink& sink);

// Adds what the sources of the steps lack; of steps that the reader of the plan has complained about nothing more.
void check_sources(const Configuration& configuration, const std::vector<std::string>& kernels, Problems& problems);

struct AskedNode {
  NodeEntry entry;
  std::string kernel;  // release; empty: not known
};
// Steps and hooks for each of the nodes; those for which all of it is the same are told together.
void dry_run_plan(sys::Files& files, const std::vector<PlanStep>& plan, const HookSettings& hooks,
                  const std::vector<AskedNode>& nodes, const PlanSink& sink);

}  // namespace frontend
