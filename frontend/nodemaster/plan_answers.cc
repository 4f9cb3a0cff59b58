#include "frontend/nodemaster/plan_answers.h"

#include <algorithm>
#include <map>
#include <set>

#include "content/hash.h"
#include "frontend/common/node_set.h"
#include "frontend/nodemaster/node_facts.h"
#include "frontend/nodemaster/plan_files.h"
#include "frontend/nodemaster/plan_tasks.h"
#include "frontend/nodemaster/plan_words.h"
#include "frontend/nodemaster/step_files.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::PlannedStep;
using transport::PlanReply;

constexpr std::size_t max_words = 1000;        // bytes
constexpr std::size_t max_after = 256;         // names that a message takes
constexpr std::size_t max_names = 32u << 10;   // bytes of them
constexpr std::size_t steps_at_once = 50;      // of one message, well below the frame's limit
constexpr std::size_t problems_at_once = 500;  // likewise

PlannedStep as_written(const std::vector<PlanStep>& plan, const PlanStep& step) {
  PlannedStep shown;
  shown.name = step.step.name;
  shown.kind = step.kind;
  shown.on_front_end = step.on_front_end;
  std::size_t size = 0;
  for (const std::uint32_t before : step.step.after) {
    if (before >= plan.size() || shown.after.size() == max_after) continue;
    size += plan[before].step.name.size();
    if (size > max_names) break;
    shown.after.push_back(plan[before].step.name);
  }
  shown.timeout_ms = step.step.timeout_ms;
  shown.retries = step.step.retries;
  shown.may_fail = step.step.on_failure == transport::OnFailure::go_on;
  if (step.nodes) shown.nodes = format_node_set(*step.nodes);
  return shown;
}

// What the plan's file says of a step whose files have not been looked for.
std::string what_is_wanted(const PlanStep& step) {
  if (const auto* file = std::get_if<FileNeed>(&step.need)) return sys::cat(file->source, " as ", file->path);
  if (const auto* modules = std::get_if<ModulesNeed>(&step.need)) {
    std::string names;
    for (const ModuleWanted& module : modules->modules)
      names += sys::cat(names.empty() ? "" : ", ", module.name);
    return sys::cat(names, " from ", modules->directory);
  }
  if (const auto* libraries = std::get_if<LibrariesNeed>(&step.need)) {
    std::string names;
    for (const auto* list : {&libraries->programs, &libraries->libraries})
      for (const std::string& name : *list)
        names += sys::cat(names.empty() ? "" : ", ", name);
    return names;
  }
  return in_words(step.step.action);
}

std::vector<PlannedStep> hooks_as_steps(sys::Files& files, const HookSettings& settings) {
  std::vector<PlannedStep> steps;
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(settings.limit).count();
  const auto add = [&](const std::string& name, const std::string& what, const std::string& problem) {
    PlannedStep step;
    step.name = name;
    step.kind = "hook";
    step.what = sys::printable(what, max_words);
    step.on_front_end = true;
    step.timeout_ms = static_cast<std::uint32_t>(limit);
    step.problem = problem;
    steps.push_back(std::move(step));
  };
  const auto hooks = list_hooks(files, settings.up);
  if (!hooks) {
    add("hooks", settings.up, hooks.error().text());
    return steps;
  }
  for (const FrontEndTask& task : hook_tasks(hooks->paths, HookEvent::node_up, settings.limit))
    add(task.name, task.command.front(), "");
  return steps;
}

// In pieces that fit into messages; at least one.
std::vector<PlanReply> in_pieces(std::vector<PlannedStep> steps, const std::vector<transport::NodeNumber>& nodes) {
  std::vector<PlanReply> pieces(1);
  for (PlannedStep& step : steps) {
    if (pieces.back().steps.size() == steps_at_once) {
      pieces.back().more = true;
      pieces.emplace_back();
    }
    pieces.back().steps.push_back(std::move(step));
  }
  for (PlanReply& piece : pieces)
    piece.nodes = nodes;
  return pieces;
}

// A step as it has been made ready, for nodes of one kernel.
struct ReadyStep {
  transport::Action action;
  std::string what;
  bool varies = false;  // from node to node
  bool grows = false;   // so does the size of content in the plan
  ContentCount content;
  std::string problem;
  std::string unknown;
};

std::string filled_in(const ReadyStep& step, const NodeEntry& node) {
  transport::Action action = step.action;
  fill_in_facts(action, node);
  return sys::printable(in_words(action), max_words);
}

ContentCount content_for(const ReadyStep& step, const NodeEntry& node) {
  if (!step.grows) return step.content;
  transport::Action action = step.action;
  fill_in_facts(action, node);
  return content_of(action);
}

bool has_marked_text(const transport::Action& action) {
  const auto* file = std::get_if<transport::FileStep>(&action);
  return file && std::any_of(file->entries.begin(), file->entries.end(), [](const transport::TreeEntry& entry) {
           const auto* inside = std::get_if<transport::TextContent>(&entry.what);
           return inside && inside->text.find('{') != std::string::npos;
         });
}

class DryRun {
 public:
  DryRun(const std::vector<PlanStep>& plan, std::vector<PlannedStep> hooks) : plan_(plan), hooks_(std::move(hooks)) {}

  void add(const AskedNode& node) { groups_[signature(node)].push_back(&node); }

  void tell(const PlanSink& sink) {
    std::map<transport::NodeNumber, const std::vector<const AskedNode*>*> by_first;
    for (const auto& [key, nodes] : groups_)
      by_first.emplace(nodes.front()->entry.number, &nodes);
    for (const auto& [first, nodes] : by_first) {
      std::vector<transport::NodeNumber> numbers;
      for (const AskedNode* node : *nodes)
        numbers.push_back(node->entry.number);
      for (const PlanReply& piece : in_pieces(steps_of(*nodes->front()), numbers))
        if (!sink(piece)) return;
    }
  }

 private:
  // Nodes with the same one have the same answer.
  transport::ContentHash signature(const AskedNode& node) {
    content::Hasher hasher;
    const auto add = [&hasher](std::string_view text) {
      hasher.add(std::as_bytes(std::span(text)));
      hasher.add(std::as_bytes(std::span(std::string_view("\0", 1))));
    };
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      const bool applies = is_for(plan_[i], node.entry.number);
      add(applies ? "1" : "0");
      if (!applies) continue;
      if (depends_on_kernel(plan_[i])) add(node.kernel);
      const ReadyStep& ready = step(i, node.kernel);
      if (ready.varies) add(filled_in(ready, node.entry));
      if (ready.grows) add(sys::cat(content_for(ready, node.entry).bytes));
    }
    return hasher.finish();
  }

  const ReadyStep& step(std::size_t place, const std::string& kernel) {
    const std::string key = depends_on_kernel(plan_[place]) ? kernel : std::string();
    const auto found = ready_.find({place, key});
    if (found != ready_.end()) return found->second;
    return ready_.emplace(std::pair(place, key), make_ready(plan_[place], key)).first->second;
  }

  static ReadyStep make_ready(PlanStep step, const std::string& kernel) {
    ReadyStep ready;
    const bool open = depends_on_kernel(step) && kernel.empty();
    fill_in_kernel(step, kernel);
    ready.action = step.step.action;
    ready.what = sys::printable(what_is_wanted(step), max_words);
    if (open) {
      ready.unknown = "which files: the kernel is not known before the node has joined";
      return ready;
    }
    auto found = find_step(step);
    if (!found) {
      ready.problem = sys::printable(found.error().text(), max_words);
      return ready;
    }
    ready.action = std::move(found->action);
    ready.what = sys::printable(in_words(ready.action), max_words);
    ready.content = content_of(ready.action);
    ready.grows = has_marked_text(ready.action);
    // Entries of files are many, and are counted rather than named.
    const bool has_marks = !std::holds_alternative<transport::FileStep>(ready.action);
    ready.varies = has_marks && ready.what.find('{') != std::string::npos;
    return ready;
  }

  std::vector<PlannedStep> steps_of(const AskedNode& node) {
    std::vector<PlannedStep> steps;
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      PlannedStep shown = as_written(plan_, plan_[i]);
      shown.applies = is_for(plan_[i], node.entry.number);
      if (shown.applies) {
        const ReadyStep& ready = step(i, node.kernel);
        shown.what = ready.varies ? filled_in(ready, node.entry) : ready.what;
        const ContentCount content = content_for(ready, node.entry);
        shown.files = content.files;
        shown.bytes = content.bytes;
        shown.problem = ready.problem;
        shown.unknown = ready.unknown;
      }
      steps.push_back(std::move(shown));
    }
    steps.insert(steps.end(), hooks_.begin(), hooks_.end());
    return steps;
  }

  const std::vector<PlanStep>& plan_;
  const std::vector<PlannedStep> hooks_;
  std::map<std::pair<std::size_t, std::string>, ReadyStep> ready_;
  std::map<transport::ContentHash, std::vector<const AskedNode*>> groups_;
};

// Whether something is wrong in the lines of a step: what it lacks has been said then.
class StepLines {
 public:
  StepLines(const Configuration& configuration, const Problems& problems) {
    for (const PlanStep& step : configuration.plan)
      begins_.insert(step.line);
    for (const Problem& problem : problems.sorted())
      if (problem.file == configuration.plan_file && problem.weight == Weight::error) bad_.insert(problem.line);
  }
  bool has_problem(const PlanStep& step) const {
    const auto next = begins_.upper_bound(step.line);
    const auto first = bad_.lower_bound(step.line);
    return first != bad_.end() && (next == begins_.end() || *first < *next);
  }

 private:
  std::set<unsigned> begins_;
  std::set<unsigned> bad_;
};

}  // namespace

void check_sources(const Configuration& configuration, const std::vector<std::string>& kernels, Problems& problems) {
  const StepLines lines(configuration, problems);
  for (const PlanStep& planned : configuration.plan) {
    if (!needs_files(planned) || lines.has_problem(planned)) continue;
    std::set<std::string> releases(kernels.begin(), kernels.end());
    if (!depends_on_kernel(planned)) releases = {""};
    for (const std::string& release : releases) {
      PlanStep step = planned;
      fill_in_kernel(step, release);
      const auto found = find_step(step);
      if (found) continue;
      problems.error(configuration.plan_file, step.line, sys::cat("step ", step.step.name, ": ", found.error().text()));
    }
  }
}

std::vector<PlanReply> show_plan(sys::Files& files, const std::vector<PlanStep>& plan, const HookSettings& hooks) {
  std::vector<PlannedStep> steps;
  for (const PlanStep& step : plan) {
    PlannedStep shown = as_written(plan, step);
    shown.what = sys::printable(what_is_wanted(step), max_words);
    steps.push_back(std::move(shown));
  }
  for (PlannedStep& hook : hooks_as_steps(files, hooks))
    steps.push_back(std::move(hook));
  return in_pieces(std::move(steps), {});
}

void check_plan(sys::Files& files, const std::string& path, const std::vector<std::string>& kernels,
                const PlanSink& sink) {
  Problems problems;
  const Configuration configuration = load_configuration(files, path, problems);
  check_sources(configuration, kernels, problems);
  PlanReply reply;
  for (const Problem& problem : problems.sorted()) {
    reply.problems.push_back(
        {problem.file, problem.line, problem.weight == Weight::error, sys::printable(problem.reason, 2 * max_words)});
    if (reply.problems.size() < problems_at_once) continue;
    if (!sink(std::exchange(reply, {}))) return;
  }
  static_cast<void>(sink(reply));
}

void dry_run_plan(sys::Files& files, const std::vector<PlanStep>& plan, const HookSettings& hooks,
                  const std::vector<AskedNode>& nodes, const PlanSink& sink) {
  DryRun run(plan, hooks_as_steps(files, hooks));
  for (const AskedNode& node : nodes)
    run.add(node);
  run.tell(sink);
}

}  // namespace frontend
