// Lists of processes, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "transport/messages.h"

namespace frontend {

// Like ps(1): one line per process, by node, job, rank and pid.
std::string ps_table(std::vector<transport::PsReply> nodes);
std::string ps_json(std::vector<transport::PsReply> nodes);

}  // namespace frontend
