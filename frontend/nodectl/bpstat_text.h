// The nodes as bpstat shows them: numbers, state, rights; for scripts that read that.
//
//   Node(s)   Status       Mode        User  Group
//   0-3,7     up           ---x--x---  root  ops
#pragma once

#include <string>
#include <vector>

#include "transport/messages.h"

namespace frontend {

// The forms that there are: compact, long, ...
std::vector<std::string> bpstat_forms();
// In one of them.
std::string bpstat_text(const std::vector<transport::NodeStatus>& nodes, const std::string& form);

}  // namespace frontend
