// What nodemaster says of a plan, as text and as JSON: what `plan` prints.
#pragma once

#include <string>
#include <vector>

#include "frontend/nodectl/json_text.h"
#include "transport/messages.h"

namespace frontend {

// "node_up.toml:12: warning: ...", as nodemaster check has it; with its newline.
std::string problem_text(const transport::PlanProblem& problem);
Json problem_json(const transport::PlanProblem& problem);

// The steps as the plan has them.
std::string plan_table(const std::vector<transport::PlannedStep>& steps);
Json plan_json(const std::vector<transport::PlannedStep>& steps);

// What is done on some nodes, for which it is the same.
std::string dry_run_text(const transport::PlanReply& group);
Json dry_run_json(const transport::PlanReply& group);

}  // namespace frontend
