// Finds on the front end what a step needs (PlanNeed): names, sizes, hashes. One function for each kind of need; all of
// them block and read much, so they run in the resolver's worker (plan_files.h).
#pragma once

#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/content_store.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

struct FoundStep {
  transport::Action action;            // complete
  std::vector<ContentSource> sources;  // where its contents are read
};

// An error says what is missing, changes while it is read, or is too much for one step.
sys::Result<FoundStep> find_step(const PlanStep& step);
sys::Result<FoundStep> find_files(const FileNeed& need);
sys::Result<FoundStep> find_libraries(const LibrariesNeed& need);
// Modules that are packed are unpacked into `ModulesNeed::spool`, under the name of their content.
sys::Result<FoundStep> find_modules(const ModulesNeed& need);

// Whether there is anything of the kind, without reading it: for the check of a plan.
sys::Status check_source(const FileNeed& need);

}  // namespace frontend
