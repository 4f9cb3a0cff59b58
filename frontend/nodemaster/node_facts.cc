#include "frontend/nodemaster/node_facts.h"

#include <algorithm>
#include <utility>

#include "sys/overloaded.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

void fill(std::string& text, const NodeEntry& node) {
  if (text.find('{') != text.npos) text = fill_in(text, node);
}

void fill(std::vector<std::string>& texts, const NodeEntry& node) {
  for (std::string& text : texts)
    fill(text, node);
}

bool is_release(std::string_view text) {
  constexpr std::string_view marks = "._+~-";
  const auto is_allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  };
  return !text.empty() && text.size() <= 64 && text.front() != '.' && std::all_of(text.begin(), text.end(), is_allowed);
}

constexpr std::string_view kernel_mark = "{kernel}";

}  // namespace

std::string fill_in(std::string_view text, const NodeEntry& node) {
  const std::pair<std::string_view, std::string> facts[] = {
      {"{name}", node.name}, {"{node}", sys::cat(node.number)}, {"{address}", sys::format_ip(node.address)}};
  std::string filled(text);
  for (const auto& [mark, value] : facts) {
    for (auto at = filled.find(mark); at != filled.npos; at = filled.find(mark, at + value.size())) {
      filled.replace(at, mark.size(), value);
    }
  }
  return filled;
}

void fill_in_facts(transport::Action& action, const NodeEntry& node) {
  std::visit(sys::Overloaded{
                 [&](transport::HostnameStep& step) { fill(step.name, node); },
                 [&](transport::MountStep& step) {
                   fill(step.source, node);
                   fill(step.options, node);
                 },
                 [&](transport::FileStep& step) {
                   for (transport::TreeEntry& entry : step.entries)
                     if (auto* inside = std::get_if<transport::TextContent>(&entry.what)) fill(inside->text, node);
                 },
                 [&](transport::LinkStep& step) { fill(step.target, node); },
                 [&](transport::SysctlStep& step) {
                   for (transport::SysctlEntry& entry : step.entries)
                     fill(entry.value, node);
                 },
                 [&](transport::RunStep& step) { fill(step.arguments, node); },
                 [&](transport::ServiceStep& step) {
                   fill(step.arguments, node);
                   fill(step.environment, node);
                 },
                 [](auto&) {},
             },
             action);
}

void count_up(transport::Action& action, const NodeEntry& node) {
  if (auto* interface = std::get_if<transport::InterfaceStep>(&action)) interface->address += node.number;
}

void fill_in_time(std::vector<transport::Step>& steps, sys::WallTime now) {
  for (transport::Step& step : steps)
    if (auto* time = std::get_if<transport::TimeStep>(&step.action))
      time->wall_ns = static_cast<std::uint64_t>(now.time_since_epoch().count());
}

bool depends_on_kernel(const PlanStep& step) {
  const auto* modules = std::get_if<ModulesNeed>(&step.need);
  return modules && modules->directory.find(kernel_mark) != std::string::npos;
}

void fill_in_kernel(PlanStep& step, const std::string& release) {
  auto* modules = std::get_if<ModulesNeed>(&step.need);
  if (!modules || !is_release(release)) return;
  const auto at = modules->directory.find(kernel_mark);
  if (at != std::string::npos) modules->directory.replace(at, kernel_mark.size(), release);
}

}  // namespace frontend
