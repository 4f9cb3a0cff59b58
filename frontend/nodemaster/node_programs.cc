#include "frontend/nodemaster/node_programs.h"

#include "frontend/nodemaster/node_program_facts.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr Counter failures[] = {Counter::hook_up_failed, Counter::hook_down_failed};  // by HookEvent

}  // namespace

NodePrograms::Id NodePrograms::start(const Node& node, const FrontEndTask& task, std::function<void()> began,
                                     LocalPrograms::Done done) {
  NodeProgramFacts facts = facts_of(node, task.hook, loop_.clock().now());
  LocalProgram program;
  program.node = node.entry.number;
  program.title = sys::cat(node.entry.name, ": ", task.name);
  program.command = task.command;
  program.environment = std::move(facts.environment);
  program.input = std::move(facts.input);
  program.limit = task.limit;
  program.began = std::move(began);
  program.line = [this, number = node.entry.number, title = program.title, name = task.name](std::string_view line) {
    on_line(number, title, name, line);
  };
  return programs_.start(std::move(program),
                         [this, hook = task.hook, done = std::move(done)](const sys::Status& status) {
                           if (hook && !status) counters_.add(failures[static_cast<std::size_t>(*hook)]);
                           done(status);
                         });
}

void NodePrograms::on_line(transport::NodeNumber node, const std::string& title, const std::string& name,
                           std::string_view line) {
  log_.info(title, ": ", line);
  logs_.add_line(node, sys::Severity::info, loop_.clock().wall(), sys::cat(name, ": ", line));
}

}  // namespace frontend
