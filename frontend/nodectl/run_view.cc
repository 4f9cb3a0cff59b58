#include "frontend/nodectl/run_view.h"

#include <algorithm>
#include <csignal>
#include <variant>

#include "frontend/common/node_set.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/job_limits.h"
#include "sys/children.h"
#include "sys/text.h"

namespace frontend {

using sys::cat;
using transport::StreamName;

int RunView::run(const transport::RunRequest& request) {
  command_ = request.arguments;
  limits_ = request.job_limits;
  exchange_.on_taken([this] {
    for (const StreamKey& key : std::exchange(unpaid_, {}))
      give_credit(key);
  });
  return exchange_.run(
      request, [this](transport::Message& message) { on_message(message); }, [this] { all_ended(); });
}

void RunView::on_message(transport::Message& message) {
  if (const auto* started = std::get_if<transport::RunStarted>(&message)) return on_started(*started);
  if (auto* output = std::get_if<transport::RunOutput>(&message)) return on_output(*output);
  if (const auto* end = std::get_if<transport::RunEnd>(&message)) return on_end(*end);
  if (!ghosts_) return;
  if (const auto* state = std::get_if<transport::RunState>(&message)) return ghosts_->on_state(*state);
  if (const auto* wanted = std::get_if<transport::RunGhostWanted>(&message)) return ghosts_->on_wanted(wanted->rank);
}

void RunView::on_started(const transport::RunStarted& started) {
  ranks_ = started;
  if (!with_ghosts_ || command_.empty()) return;
  ghosts_ = std::make_unique<RunGhosts>(context_, command_,
                                        [this](const transport::Message& message) { exchange_.send(message); });
  const auto begun = ghosts_->begin(started);
  if (begun) return;
  complain(context_, cat("no ghosts for the ranks: ", begun.error().text()));
  exchange_.give_up(exit_failure);
}

void RunView::on_output(transport::RunOutput& output) {
  if (!take_new_part(output)) return;
  Output& sink = this->sink(output.stream);
  if (label_) {
    sink.write(labeller(output.rank, output.stream).add(output.data));
  } else {
    sink.write({reinterpret_cast<const char*>(output.data.data()), output.data.size()});
  }
  const StreamKey key(output.rank, output.stream);
  if (sink.full()) return void(unpaid_.insert(key));
  give_credit(key);
}

// False: there is nothing new in it. After a connection was lost, what was under way comes once more.
bool RunView::take_new_part(transport::RunOutput& output) {
  Position& position = positions_[{output.rank, output.stream}];
  const std::uint64_t end = output.offset + output.data.size();
  if (end <= position.received) return false;
  if (output.offset > position.received) {
    complain(context_, cat("output of ", name_of(output.rank), " is incomplete: ", output.offset - position.received,
                           " bytes are missing"));
    status_ = std::max(status_, int{exit_failure});
  } else {
    const auto known = static_cast<std::ptrdiff_t>(position.received - output.offset);
    output.data.erase(output.data.begin(), output.data.begin() + known);
  }
  position.received = end;
  return true;
}

// In portions, so that a chatty process does not cost a message per line.
void RunView::give_credit(const StreamKey& key) {
  Position& position = positions_[key];
  if (position.received - position.told < ranks_.output_credit / 4) return;
  position.told = position.received;
  exchange_.send(transport::RunCredit{key.first, key.second, position.received});
}

void RunView::on_end(const transport::RunEnd& end) {
  const int status = exit_status_of(end);
  status_ = std::max(status_, status);
  if (ghosts_) ghosts_->on_end(end.rank, end.started && end.reason.empty() ? end.status : status << 8);
  for (StreamName stream : {StreamName::output, StreamName::error}) {
    if (label_) sink(stream).write(labeller(end.rank, stream).finish());
  }
  if (summary_) summary_->add(name_of(end.rank), end);
  note_trouble(end.rank, words_for_pids(end.limits_hit, limits_));
  note_trouble(end.rank, what_went_wrong(end));
}

void RunView::note_trouble(std::uint32_t rank, const std::string& text) {
  if (!text.empty() && rank < ranks_.nodes.size()) troubles_[text].push_back(ranks_.nodes[rank]);
}

// Empty when nothing did. One rank's exit status is nodectl's own; only several need words.
std::string RunView::what_went_wrong(const transport::RunEnd& end) const {
  if (!end.reason.empty()) return end.reason;
  if (const std::string text = words_for_memory(end.limits_hit, limits_); !text.empty()) return text;
  if (ended_by_signal(end.status)) return sys::describe_status(end.status);
  if (ranks_.nodes.size() == 1 || exit_status_of(end) == 0) return {};
  return cat("exit status ", exit_status_of(end));
}

// Nodes with the same trouble are named together: it may be a thousand of them.
void RunView::all_ended() {
  for (auto& [text, nodes] : troubles_) {
    std::sort(nodes.begin(), nodes.end());
    complain(context_, cat("node", nodes.size() == 1 ? " " : "s ", format_node_set(nodes), ": ", text));
  }
  if (summary_) context_.error.write(summary_->table());
  exchange_.finish(status_);
}

// As a local program would: the first interrupt is the processes' affair, a second one is ours.
void RunView::on_signal(const sys::SignalFacts& signal) {
  if (signal.signal == SIGINT && ++interrupts_ > 1) return exchange_.give_up(exit_signal_base + signal.signal);
  if (ghosts_) return ghosts_->on_own_signal(signal);
  if (signal.signal != SIGTSTP) exchange_.send(transport::RunSignal{signal.signal});
}

std::string RunView::name_of(std::uint32_t rank) const {
  return rank < ranks_.names.size() ? sys::printable(ranks_.names[rank]) : cat("rank ", rank);
}

Output& RunView::sink(StreamName stream) { return stream == StreamName::error ? context_.error : context_.output; }

LineLabeller& RunView::labeller(std::uint32_t rank, StreamName stream) {
  return labellers_.try_emplace({rank, stream}, name_of(rank)).first->second;
}

}  // namespace frontend
