// nodectl under the names of BProc's commands: bpsh, bpstat, bpctl, bpcp. Their lines are translated into nodectl's own,
// by a table for each command (bproc_names.cc), before anything is parsed; what has no counterpart is refused with the
// reason.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace frontend {

struct BprocLine {
  std::vector<std::vector<std::string>> lines;  // for nodectl, carried out one after the other
  std::string help;                             // to be printed instead
  std::string trouble;                          // what is wrong with the line
};

// Nothing when `words` does not begin with one of these names, with or without a path.
std::optional<BprocLine> translate_bproc(const std::vector<std::string>& words);

}  // namespace frontend
