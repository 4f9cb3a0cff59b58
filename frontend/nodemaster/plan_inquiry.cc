#include "frontend/nodemaster/plan_inquiry.h"

#include <set>

#include "frontend/nodemaster/plan_resolver.h"
#include "sys/text.h"
#include "transport/codec.h"
#include "transport/frame.h"

namespace frontend {
namespace {

constexpr std::size_t max_answer = 64u << 20;  // bytes

sys::Result<PlanAnswer> answer_of(sys::WorkerResult result) {
  if (result.succeeded()) return PlanAnswer(std::move(result.output));
  if (result.end != sys::WorkerEnd::exited)
    return sys::refusal("reading the plan's files took too long; it was given up");
  if (result.output_overflow) return sys::refusal("the answer is too long; ask for fewer nodes at a time");
  return sys::refusal(
      sys::cat("the worker that reads the plan's files died: ", sys::describe_status(result.exit.status)));
}

}  // namespace

sys::Result<transport::Message> PlanAnswer::next() {
  const std::span<const std::byte> rest = std::span(frames_).subspan(at_);
  const auto header = transport::read_header(rest, transport::max_body);
  if (!header) return tl::unexpected(header.error());
  if (!*header || (*header)->body_size > rest.size() - transport::FrameHeader::size)
    return sys::refusal("the answer about the plan is cut short");
  auto message = transport::decode((*header)->number, rest.subspan(transport::FrameHeader::size, (*header)->body_size));
  at_ += transport::FrameHeader::size + (*header)->body_size;
  if (message && !std::holds_alternative<transport::PlanReply>(*message))
    return sys::refusal("an odd answer about the plan");
  return message;
}

void PlanInquiry::configure(std::vector<PlanStep> plan, HookSettings hooks) {
  plan_ = std::move(plan);
  hooks_ = std::move(hooks);
}

sys::Result<PlanAnswer> PlanInquiry::show() const {
  transport::Bytes frames;
  for (const transport::PlanReply& piece : show_plan(files_, plan_, hooks_)) {
    if (const auto status = transport::append_frame(piece, 0, frames); !status) return tl::unexpected(status.error());
  }
  return PlanAnswer(std::move(frames));
}

sys::Result<sys::WorkerId> PlanInquiry::check(Ready ready) {
  std::set<std::string> kernels;
  for (const transport::NodeNumber number : table_.numbers()) {
    const std::string& kernel = table_.find(number)->hello.kernel_release;
    if (!kernel.empty()) kernels.insert(kernel);
  }
  return ask([this, releases = std::vector(kernels.begin(), kernels.end())](
                 const PlanSink& sink) { check_plan(files_, path_, releases, sink); },
             std::move(ready));
}

sys::Result<sys::WorkerId> PlanInquiry::dry_run(const std::vector<transport::NodeNumber>& nodes, Ready ready) {
  std::vector<AskedNode> asked;
  for (const transport::NodeNumber number : nodes) {
    const Node* node = table_.find(number);
    if (node) asked.push_back({node->entry, node->hello.kernel_release});
  }
  return ask(
      [this, asked = std::move(asked)](const PlanSink& sink) { dry_run_plan(files_, plan_, hooks_, asked, sink); },
      std::move(ready));
}

sys::Result<sys::WorkerId> PlanInquiry::ask(std::function<void(const PlanSink&)> question, Ready ready) {
  sys::WorkerSpec spec;
  spec.name = "answering about the plan";
  spec.deadline = PlanResolver::deadline;
  spec.output_limit = max_answer;
  spec.work = [question = std::move(question)](sys::WorkerOutput& output) {
    bool good = true;
    question([&](const transport::PlanReply& reply) {
      transport::Bytes frame;
      good = transport::append_frame(reply, 0, frame) && output.write(frame.data(), frame.size());
      return good;
    });
    return good ? 0 : 1;
  };
  return workers_.start(std::move(spec),
                        [ready = std::move(ready)](sys::WorkerResult result) { ready(answer_of(std::move(result))); });
}

}  // namespace frontend
