// The files that a plan's steps need, found and hashed on the front end, and the addresses of NFS servers, looked up.
// This reads all of the files and may block: it is what runs in the resolver's worker, and what it finds travels to the
// parent as bytes.
#pragma once

#include <span>
#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/content_store.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

// Whether a step has something that must be found first: content, or the address of a server.
bool needs_files(const PlanStep& step);

// In the worker: appends for each step what was found, or why that could not be done.
void gather_files(const std::vector<PlanStep>& plan, transport::Bytes& findings);

// In the parent: fills the findings into the plan's actions and problems, and returns where all content is read.
sys::Result<std::vector<ContentSource>> fill_in_files(std::span<const std::byte> findings, std::vector<PlanStep>& plan);

}  // namespace frontend
