#include "frontend/nodemaster/check_configuration.h"

#include "frontend/nodemaster/plan_answers.h"
#include "sys/text.h"

namespace frontend {

std::string summary_of(const Configuration& configuration) {
  const HookSettings& from = configuration.hooks;
  std::string hooks = from.up.empty() && from.down.empty() ? "no hooks" : sys::cat("hooks from ", from.up);
  if (!from.down.empty()) hooks += sys::cat(from.up.empty() ? "" : " and ", from.down);
  return sys::cat(configuration.name, ": ", configuration.nodes.size(), " nodes, ", configuration.plan.size(),
                  " steps, ", hooks);
}

namespace {

CheckResult result_of(const Configuration& configuration, const Problems& problems) {
  CheckResult result{.good = !problems.errors(), .problems = problems.sorted(), .summary = {}};
  if (result.good) result.summary = summary_of(configuration);
  return result;
}

}  // namespace

CheckResult check_configuration(sys::Files& files, const std::string& path) {
  Problems problems;
  const Configuration configuration = load_configuration(files, path, problems);
  return result_of(configuration, problems);
}

CheckResult check_all(sys::Files& files, const std::string& path) {
  Problems problems;
  const Configuration configuration = load_configuration(files, path, problems);
  check_sources(configuration, {}, problems);
  return result_of(configuration, problems);
}

std::string CheckResult::report() const {
  std::string report;
  for (const Problem& problem : problems)
    report += sys::cat(problem.text_with_weight(), '\n');
  if (good) report += sys::cat("OK: ", summary, '\n');
  return report;
}

}  // namespace frontend
