// nodemaster check: everything that is wrong with a configuration, by file and line, or a summary of what it says.
#pragma once

#include <string>

#include "frontend/nodemaster/configuration.h"

namespace frontend {

struct CheckResult {
  bool good = false;
  std::vector<Problem> problems;  // sorted; warnings as well
  std::string summary;            // when it is good
  std::string report() const;     // lines
};
// Does not read what the steps name: that may take long.
CheckResult check_configuration(sys::Files& files, const std::string& path);
// Reads it as well, all of it, but for modules of kernels that only nodes know.
CheckResult check_all(sys::Files& files, const std::string& path);

// "lab: 16 nodes, 5 steps, hooks from /etc/nodemaster/node_up.d and /etc/nodemaster/node_down.d".
std::string summary_of(const Configuration& configuration);

}  // namespace frontend
