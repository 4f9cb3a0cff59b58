#include "frontend/nodectl/plan_text.h"

#include <array>

#include "frontend/common/node_set.h"
#include "frontend/nodectl/table.h"
#include "frontend/nodectl/time_text.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::PlannedStep;

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += sys::cat(text.empty() ? "" : ", ", sys::printable(name));
  return text;
}

std::string place_of(const PlannedStep& step) {
  return step.on_front_end ? sys::cat(sys::printable(step.what, 1024), " (front end)")
                           : sys::printable(step.what, 1024);
}

// "812 B", "1.2 MB".
std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units = {"B", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) return sys::cat(bytes, " B");
  std::uint64_t tenths = bytes * 10;
  std::size_t unit = 0;
  for (; tenths >= 10000 && unit + 1 < units.size(); tenths /= 1000)
    ++unit;
  return sys::cat(tenths / 10, ".", tenths % 10, " ", units[unit]);
}

std::string outlook_of(const PlannedStep& step) {
  if (!step.problem.empty()) {
    return sys::cat("PROBLEM: ", sys::printable(step.problem, 1024), step.may_fail ? " (ignored)" : "");
  }
  const std::string what = place_of(step);
  return step.unknown.empty() ? what : sys::cat(what, "; not known yet: ", sys::printable(step.unknown));
}

Json step_json(const PlannedStep& step) {
  return {{"step", step.name},
          {"kind", step.kind},
          {"what", step.what},
          {"where", step.on_front_end ? "front-end" : "node"},
          {"after", step.after},
          {"timeout_seconds", static_cast<double>(step.timeout_ms) / 1e3},
          {"retries", step.retries},
          {"on_failure", step.may_fail ? "continue" : "error"},
          {"nodes", step.nodes.empty() ? Json() : Json(step.nodes)}};
}

}  // namespace

std::string problem_text(const transport::PlanProblem& problem) {
  const std::string line = problem.line == 0 ? "" : sys::cat(problem.line, ":");
  return sys::cat(sys::printable(problem.file, 1024), ":", line,
                  problem.error ? " " : " warning: ", sys::printable(problem.reason, 2048), "\n");
}

Json problem_json(const transport::PlanProblem& problem) {
  return {{"file", problem.file},
          {"line", problem.line == 0 ? Json() : Json(problem.line)},
          {"weight", problem.error ? "error" : "warning"},
          {"reason", problem.reason}};
}

std::string plan_table(const std::vector<PlannedStep>& steps) {
  std::vector<TableRow> rows = {{"STEP", "KIND", "AFTER", "TIMEOUT", "RETRIES", "NODES", "WHAT"}};
  for (const PlannedStep& step : steps) {
    rows.push_back({sys::printable(step.name), sys::printable(step.kind), or_dash(list_of(step.after)),
                    duration(std::uint64_t{step.timeout_ms} * 1000), sys::cat(step.retries),
                    step.nodes.empty() ? "all" : sys::printable(step.nodes), place_of(step)});
  }
  return format_table(rows);
}

Json plan_json(const std::vector<PlannedStep>& steps) {
  Json all = Json::array();
  for (const PlannedStep& step : steps)
    all.push_back(step_json(step));
  return all;
}

std::string dry_run_text(const transport::PlanReply& group) {
  std::vector<TableRow> rows = {{"STEP", "KIND", "FILES", "SIZE", "WHAT"}};
  std::vector<std::string> others;
  for (const PlannedStep& step : group.steps) {
    if (!step.applies) {
      others.push_back(step.name);
      continue;
    }
    rows.push_back({sys::printable(step.name), sys::printable(step.kind), step.files == 0 ? "-" : sys::cat(step.files),
                    step.files == 0 ? "-" : size_text(step.bytes), outlook_of(step)});
  }
  const bool one = group.nodes.size() == 1;
  std::string text = sys::cat(one ? "node " : "nodes ", format_node_set(group.nodes), ":\n", format_table(rows));
  if (!others.empty()) text += sys::cat("not for ", one ? "it: " : "them: ", list_of(others), "\n");
  return text;
}

Json dry_run_json(const transport::PlanReply& group) {
  Json steps = Json::array();
  for (const PlannedStep& step : group.steps) {
    Json json = step_json(step);
    json["applies"] = step.applies;
    json["files"] = step.files;
    json["bytes"] = step.bytes;
    json["unknown"] = step.unknown;
    json["problem"] = step.problem;
    steps.push_back(std::move(json));
  }
  return {{"nodes", group.nodes}, {"steps", std::move(steps)}};
}

}  // namespace frontend
