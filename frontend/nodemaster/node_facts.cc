#include "frontend/nodemaster/node_facts.h"

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

}  // namespace frontend
