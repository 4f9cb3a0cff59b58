// plan check, show, dry-run: what is wrong with the plan, what is in it, and what it would do.
#include <algorithm>
#include <iterator>
#include <variant>

#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/plan_text.h"
#include "frontend/nodectl/verbs.h"

namespace frontend {
namespace {

using transport::PlanReply;

// Collects the parts of an answer. Each kind of question makes text and JSON of it in its own way.
struct Answer {
  std::vector<transport::PlanProblem> problems;
  std::vector<PlanReply> groups;
  bool more = false;  // the last group goes on

  void take(PlanReply& part) {
    std::move(part.problems.begin(), part.problems.end(), std::back_inserter(problems));
    if (!std::exchange(more, part.more)) return groups.push_back(std::move(part));
    std::move(part.steps.begin(), part.steps.end(), std::back_inserter(groups.back().steps));
  }
};

bool is_bad(const transport::PlannedStep& step) { return step.applies && !step.problem.empty() && !step.may_fail; }

int print_check(Context& context, const Answer& answer) {
  bool good = true;
  Json all = Json::array();
  for (const transport::PlanProblem& problem : answer.problems) {
    good = good && !problem.error;
    if (context.json) {
      all.push_back(problem_json(problem));
    } else {
      context.output.write(problem_text(problem));
    }
  }
  if (context.json) context.output.write(json_listing(all));
  if (!context.json && good) context.output.write("OK: nodemaster would take it over\n");
  return good ? 0 : exit_failure;
}

int print_plan(Context& context, const Answer& answer) {
  std::vector<transport::PlannedStep> steps;
  for (const PlanReply& group : answer.groups)
    steps.insert(steps.end(), group.steps.begin(), group.steps.end());
  context.output.write(context.json ? json_listing(plan_json(steps)) : plan_table(steps));
  return 0;
}

int print_dry_run(Context& context, const Answer& answer) {
  bool good = true;
  Json all = Json::array();
  for (const PlanReply& group : answer.groups) {
    good = good && std::none_of(group.steps.begin(), group.steps.end(), is_bad);
    if (context.json) {
      all.push_back(dry_run_json(group));
    } else {
      context.output.write((&group == answer.groups.data() ? "" : "\n") + dry_run_text(group));
    }
  }
  if (context.json) context.output.write(json_listing(all));
  return good ? 0 : exit_failure;
}

int print(Context& context, transport::PlanQuestion question, const Answer& answer) {
  switch (question) {
    case transport::PlanQuestion::check:
      return print_check(context, answer);
    case transport::PlanQuestion::show:
      return print_plan(context, answer);
    case transport::PlanQuestion::dry_run:
      break;
  }
  return print_dry_run(context, answer);
}

}  // namespace

int run_plan(Context& context, const PlanOptions& options) {
  Exchange exchange(context);
  Answer answer;
  const auto on_reply = [&](transport::Message& message) {
    if (auto* part = std::get_if<PlanReply>(&message)) answer.take(*part);
  };
  const auto on_done = [&] { exchange.finish(print(context, options.question, answer)); };
  return exchange.run(transport::PlanRequest{options.question, options.nodes}, on_reply, on_done);
}

}  // namespace frontend
