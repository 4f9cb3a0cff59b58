#include "frontend/nodectl/up_view.h"

#include <algorithm>

#include "frontend/common/node_state.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/node_results.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::string_view outcome_names[] = {"running", "done", "failed", "ignored", "skipped"};

Json progress_json(const transport::UpProgress& progress) {
  return {{"node", progress.node},
          {"name", progress.name},
          {"steps_over", progress.steps_over},
          {"steps", progress.steps},
          {"step", progress.step},
          {"outcome", outcome_names[static_cast<std::size_t>(progress.outcome)]},
          {"reason", progress.reason}};
}

}  // namespace

int UpView::run(const UpOptions& options) {
  if (draws()) draw_on();
  return exchange_.run(
      transport::UpRequest{options.nodes, true}, [this](transport::Message& message) { on_message(message); },
      [this] { end(); });
}

void UpView::on_message(const transport::Message& message) {
  if (const auto* progress = std::get_if<transport::UpProgress>(&message)) on_progress(*progress);
  if (const auto* result = std::get_if<transport::NodeResult>(&message)) on_result(*result);
}

void UpView::on_progress(const transport::UpProgress& progress) {
  board_.on_progress(progress, context_.loop.clock().now());
  if (context_.json) return context_.output.write(json_line(progress_json(progress)));
  // That a step is done, the next one says.
  if (!draws() && progress.outcome != transport::Outcome::done) context_.output.write(progress_line(progress));
}

void UpView::on_result(const transport::NodeResult& result) {
  if (!result.succeeded) status_ = exit_failure;
  board_.on_result(result);
  if (context_.json) return context_.output.write(json_line(result_json(result)));
  if (draws()) return results_.push_back(result);
  say_result(context_, result, state_name(transport::NodeState::up));
}

// Over the block that is there: up to its first line, and away with all from there (ECMA-48: CUU, ED).
void UpView::draw() {
  const std::string block = board_.text(*context_.terminal, context_.loop.clock().now());
  const std::string back = lines_ == 0 ? "" : sys::cat("\x1b[", lines_, "A\r\x1b[J");
  lines_ = static_cast<std::size_t>(std::count(block.begin(), block.end(), '\n'));
  context_.output.write(back + block);
}

// A terminal that is slow gets fewer of them.
void UpView::draw_on() {
  if (context_.output.empty()) draw();
  turn_.set(pace, [this] { draw_on(); });
}

// Complaints go another way to the same terminal: the last drawing has to be there before.
void UpView::end() {
  if (!draws()) return exchange_.finish(status_);
  if (!std::exchange(ending_, true)) draw();
  if (!context_.output.empty()) return turn_.set(std::chrono::milliseconds(10), [this] { end(); });
  turn_.cancel();
  for (const transport::NodeResult& result : results_)
    say_result(context_, result, state_name(transport::NodeState::up));
  exchange_.finish(status_);
}

}  // namespace frontend
