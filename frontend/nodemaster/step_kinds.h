// The kinds of step that a plan may have: one reader each (KIND_kind.cc, or small_kinds.cc), and one row of the table in
// step_kinds.cc. A reader fills in action, need and default name; problems go to the table reader.
#pragma once

#include <chrono>
#include <string>

#include "frontend/nodemaster/config_readers.h"

namespace frontend {

struct StepContext {
  TableReader& reader;
  const std::string& folder;  // of the plan: relative sources start there
  PlanStep& step;
};

struct StepKind {
  std::string_view name;
  void (*read)(const StepContext&);
  sys::Duration timeout = std::chrono::seconds(30);  // of an attempt, when the plan says nothing
};

// Null when there is no such kind.
const StepKind* find_step_kind(std::string_view name);
// "mount, directory, ...": the kinds that there are.
std::string step_kinds();

void read_directory(const StepContext& in);
void read_device(const StepContext& in);
void read_file(const StepContext& in);
void read_link(const StepContext& in);
void read_hostname(const StepContext& in);
void read_run(const StepContext& in);
void read_unmount(const StepContext& in);
void read_sysctl(const StepContext& in);
void read_libraries(const StepContext& in);
void read_module(const StepContext& in);
void read_interface(const StepContext& in);
void read_limits(const StepContext& in);
void read_time(const StepContext& in);
void read_service(const StepContext& in);

// A clean path of something that a step makes: not /.
std::string read_path(TableReader& reader, std::string_view key);
// "0:0".
FileOwner read_owner(TableReader& reader);
// An absolute program and its arguments, from `command`.
void read_command(const StepContext& in, std::string& program, std::vector<std::string>& arguments);

// Refuses a step of kind interface for the link that one of `before` sets up on the same node. Two that name their links
// differently, one by name and one by hardware address, cannot be told to mean the same.
void check_other_interfaces(TableReader& reader, const PlanStep& step, const std::vector<PlanStep>& before);
// Of a step that is not of kind interface: nothing. Each of `nodes` that has the step must get an address that is one of
// a machine in the network, and its own.
void check_interface(TableReader& reader, const PlanStep& step, const std::vector<NodeEntry>& nodes);

}  // namespace frontend
