#include "frontend/nodemaster/check_configuration.h"

#include "sys/text.h"

namespace frontend {

std::string summary_of(const Configuration& configuration) {
  const std::string hooks = configuration.hooks.empty() ? "no hooks" : sys::cat("hooks from ", configuration.hooks);
  return sys::cat(configuration.name, ": ", configuration.nodes.size(), " nodes, ", configuration.plan.size(),
                  " steps, ", hooks);
}

CheckResult check_configuration(sys::Files& files, const std::string& path) {
  Problems problems;
  const Configuration configuration = load_configuration(files, path, problems);
  CheckResult result{.good = !problems.errors()};
  for (const Problem& problem : problems.sorted())
    result.report += sys::cat(problem.text(), '\n');
  if (result.good) result.report += sys::cat("OK: ", summary_of(configuration), '\n');
  return result;
}

}  // namespace frontend
