// The findings are frames as on the wire, request = index of the step: a Setup holds the step that is complete now,
// RunRequests list where its contents are read, a Failure says why it cannot be carried out. So the bounds that hold for strangers hold for a
// worker that went astray.
#include "frontend/nodemaster/plan_files.h"

#include <algorithm>

#include "frontend/nodemaster/step_files.h"
#include "sys/text.h"
#include "transport/codec.h"
#include "transport/frame.h"

namespace frontend {
namespace {

constexpr std::size_t sources_at_once = 512;  // of one message: at most 4 KiB each

sys::Status append(const transport::Message& message, std::size_t step, transport::Bytes& out) {
  return transport::append_frame(message, step, out);
}

sys::Status append_sources(const std::vector<ContentSource>& sources, std::size_t step, transport::Bytes& out) {
  for (std::size_t at = 0; at < sources.size(); at += sources_at_once) {
    transport::RunRequest list;
    for (std::size_t i = at; i < std::min(at + sources_at_once, sources.size()); ++i) {
      list.files.push_back({"", sources[i].content, 0});
      list.sources.push_back(sources[i].path);
    }
    if (auto status = append(list, step, out); !status) return status;
  }
  return {};
}

sys::Status gather(const PlanStep& step, std::size_t number, transport::Bytes& out) {
  auto found = find_step(step);
  if (!found) return tl::unexpected(found.error());
  transport::Step complete = step.step;
  complete.action = std::move(found->action);
  return append(transport::Setup{.steps = {std::move(complete)}}, number, out).and_then([&] {
    return append_sources(found->sources, number, out);
  });
}

// What fill_in() has taken from the findings.
struct Filling {
  std::vector<PlanStep>& plan;
  std::vector<ContentSource> sources;

  sys::Status take(std::size_t number, transport::Message message) {
    if (number >= plan.size()) return odd();
    if (auto* failure = std::get_if<transport::Failure>(&message)) return take_problem(plan[number], *failure);
    if (auto* setup = std::get_if<transport::Setup>(&message)) return take_action(plan[number].step, *setup);
    if (auto* list = std::get_if<transport::RunRequest>(&message)) return take_sources(*list);
    return odd();
  }

 private:
  static sys::Status take_problem(PlanStep& step, transport::Failure& failure) {
    step.problem = std::move(failure.reason);
    return {};
  }
  static sys::Status odd() { return sys::refusal("odd findings about the plan's files"); }
  static sys::Status take_action(transport::Step& step, transport::Setup& setup) {
    if (setup.steps.size() != 1 || setup.steps[0].action.index() != step.action.index()) return odd();
    step.action = std::move(setup.steps[0].action);
    return {};
  }
  sys::Status take_sources(transport::RunRequest& list) {
    if (list.files.size() != list.sources.size()) return odd();
    for (std::size_t i = 0; i < list.files.size(); ++i)
      sources.push_back({list.files[i].content, std::move(list.sources[i])});
    return {};
  }
};

}  // namespace

bool needs_files(const PlanStep& step) { return !std::holds_alternative<std::monostate>(step.need); }

void gather_files(const std::vector<PlanStep>& plan, transport::Bytes& findings) {
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (!needs_files(plan[i])) continue;
    const std::size_t before = findings.size();
    const auto status = gather(plan[i], i, findings);
    if (status) continue;
    findings.resize(before);
    (void)append(transport::Failure{.reason = status.error().text()}, i, findings);
  }
}

sys::Result<std::vector<ContentSource>> fill_in_files(std::span<const std::byte> findings,
                                                      std::vector<PlanStep>& plan) {
  Filling filling{plan, {}};
  while (!findings.empty()) {
    const auto header = transport::read_header(findings, transport::max_body);
    if (!header) return tl::make_unexpected(header.error());
    if (!*header || (*header)->body_size > findings.size() - transport::FrameHeader::size) {
      return sys::refusal("the findings about the plan's files are cut short");
    }
    const auto body = findings.subspan(transport::FrameHeader::size, (*header)->body_size);
    auto message = transport::decode((*header)->number, body);
    if (!message) return tl::make_unexpected(message.error());
    if (auto status = filling.take((*header)->request, std::move(*message)); !status)
      return tl::make_unexpected(status.error());
    findings = findings.subspan(transport::FrameHeader::size + body.size());
  }
  return std::move(filling.sources);
}

}  // namespace frontend
