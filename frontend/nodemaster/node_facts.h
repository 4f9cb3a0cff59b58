// Facts that differ from node to node, in place of their marks: {name}, {node}, {address}.
#pragma once

#include <string>
#include <string_view>

#include "frontend/nodemaster/configuration.h"
#include "transport/messages.h"

namespace frontend {

std::string fill_in(std::string_view text, const NodeEntry& node);
// In the parts of a step where marks are allowed: host names, the content of files inside of the plan, link targets,
// sources and options of mounts, values of sysctl, arguments of programs, environments of services.
void fill_in_facts(transport::Action& action, const NodeEntry& node);
// The address of an interface step that counts up (PlanStep::counts_up): this node's.
void count_up(transport::Action& action, const NodeEntry& node);
// What time it is, in the steps that say so: right before they are sent.
void fill_in_time(std::vector<transport::Step>& steps, sys::WallTime now);

// The release of the node's kernel, in place of {kernel} in the directory of modules: what is found for the step depends on
// it, so that it is filled in before.
bool depends_on_kernel(const PlanStep& step);
// A release that is none (a node may say anything) leaves the mark as it is, and is the step's problem then.
void fill_in_kernel(PlanStep& step, const std::string& release);

}  // namespace frontend
