#include "frontend/nodectl/up_board.h"

#include <algorithm>
#include <vector>

#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_slow = 10;  // nodes that are named

// The step that runs is the one after those that are over.
std::uint32_t place_of(const transport::UpProgress& progress) {
  const bool runs = progress.outcome == transport::Outcome::running;
  return std::min(progress.steps_over + (runs ? 1 : 0), progress.steps);
}

std::string step_of(const transport::UpProgress& progress) {
  if (progress.step.empty()) return sys::printable(progress.reason);
  std::string text = sys::printable(progress.step);
  if (progress.steps != 0) text += sys::cat(" (", place_of(progress), " of ", progress.steps, ")");
  if (!progress.reason.empty()) text += sys::cat(": ", sys::printable(progress.reason, 1024));
  return text;
}

double share_of(const transport::UpProgress& progress) {
  return progress.steps == 0 ? 0 : static_cast<double>(progress.steps_over) / progress.steps;
}

// What is printable has no wide or control characters that matter here: bytes are taken for columns.
std::string cut(std::string line, std::size_t columns) {
  if (line.size() >= columns) {
    std::size_t size = columns - 1;
    while (size > 0 && (static_cast<unsigned char>(line[size]) & 0xc0) == 0x80)
      --size;  // not in the middle of a character
    line.resize(size);
  }
  return line + "\n";
}

}  // namespace

std::string progress_line(const transport::UpProgress& progress) {
  return sys::cat(sys::printable(progress.name), ": ", step_of(progress), "\n");
}

void UpBoard::on_progress(const transport::UpProgress& progress, sys::Instant now) {
  const auto [found, fresh] = rows_.try_emplace(progress.node);
  Row& row = found->second;
  if (fresh || row.progress.step != progress.step) row.since = now;
  row.progress = progress;
}

void UpBoard::on_result(const transport::NodeResult& result) {
  Row& row = rows_[result.node];
  row.progress.name = result.name;
  row.over = true;
  row.succeeded = result.succeeded;
}

std::string UpBoard::bar(std::size_t width) const {
  double done = 0;
  for (const auto& [node, row] : rows_)
    done += row.over ? 1 : share_of(row.progress);
  const double share = rows_.empty() ? 0 : done / static_cast<double>(rows_.size());
  const auto filled = std::min(width, static_cast<std::size_t>(share * static_cast<double>(width)));
  return sys::cat("[", std::string(filled, '#'), std::string(width - filled, '-'), "] ",
                  static_cast<unsigned>(share * 100), " %");
}

std::string UpBoard::summary() const {
  std::size_t up = 0, failed = 0;
  for (const auto& [node, row] : rows_) {
    if (row.over) ++(row.succeeded ? up : failed);
  }
  return sys::cat(rows_.size(), rows_.size() == 1 ? " node: " : " nodes: ", up, " up, ", failed, " failed, ",
                  rows_.size() - up - failed, " at work");
}

std::string UpBoard::text(sys::TerminalSize terminal, sys::Instant now) const {
  const std::size_t columns = std::max(terminal.columns, 20u);
  std::vector<const Row*> slow;
  for (const auto& [node, row] : rows_)
    if (!row.over) slow.push_back(&row);
  std::stable_sort(slow.begin(), slow.end(), [](const Row* a, const Row* b) { return a->since < b->since; });
  const std::size_t room = terminal.rows > 4 ? terminal.rows - 4 : 1;  // beside bar, summary and the prompt
  if (slow.size() > std::min(max_slow, room)) slow.resize(std::min(max_slow, room));
  std::string text = cut(bar(std::min<std::size_t>(40, columns - 10)), columns) + cut(summary(), columns);
  for (const Row* row : slow) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - row->since).count();
    text +=
        cut(sys::cat("  ", sys::printable(row->progress.name), "  ", seconds, "s  ", step_of(row->progress)), columns);
  }
  return text;
}

}  // namespace frontend
