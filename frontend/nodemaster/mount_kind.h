// The step kind "mount": a plan's keys become what mount(2) takes, by the type of the file system. What is not known
// when the plan is read stands in the step as a mark (mount_marks.h).
#pragma once

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/option_words.h"
#include "frontend/nodemaster/table_reader.h"

namespace frontend {

// Reads the keys of one step into `step`, with its default name.
void read_mount(TableReader& reader, PlanStep& step);

// What the reader of a type has to work with: `action` has target, type and source already.
struct MountReading {
  TableReader& reader;
  PlanStep& step;
  transport::MountStep& action;
  OptionWords& options;
};

// nfs and nfs4 (nfs_kind.cc).
void read_nfs(const MountReading& in);

// Whether this is a mount of an NFS version that knows its clients by their host names (4.1 and 4.2).
bool is_known_by_host_name(const PlanStep& step);

}  // namespace frontend
