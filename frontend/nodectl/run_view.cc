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

void RunView::write_files(const std::string& directory) {
  files_ = std::make_unique<OutputFiles>(context_.loop, directory, [this](const sys::Error& error) {
    complain(context_, error.text());
    status_ = std::max(status_, int{exit_failure});
  });
}

void RunView::read_input(std::unique_ptr<sys::Stream> stream) {
  input_ = std::make_unique<InputReader>(
      context_.loop, std::move(stream), [this](const transport::RunInput& input) { exchange_.send(input); },
      [this](const sys::Error& error) {
        complain(context_, cat("standard input: ", error.text()));
        status_ = std::max(status_, int{exit_failure});
      });
}

int RunView::run(const transport::RunRequest& request) {
  command_ = request.arguments;
  exchange_.on_lost([this](const sys::Error& reason) { on_lost(reason); });
  limits_ = request.job_limits;
  input_to_ = request.input;
  exchange_.on_taken([this] {
    for (const StreamKey& key : std::exchange(unpaid_, {}))
      give_credit(key);
  });
  return exchange_.run(
      request, [this](transport::Message& message) { on_message(message); }, [this] { all_ended(); });
}

void RunView::on_message(transport::Message& message) {
  seek_until_ = {};
  if (const auto* started = std::get_if<transport::RunStarted>(&message)) return on_started(*started);
  if (auto* output = std::get_if<transport::RunOutput>(&message)) return on_output(*output);
  if (const auto* end = std::get_if<transport::RunEnd>(&message)) return on_end(*end);
  if (const auto* contact = std::get_if<transport::RunContact>(&message)) return on_contact(*contact);
  if (const auto* credit = std::get_if<transport::RunInputCredit>(&message)) return on_input_credit(*credit);
  if (const auto* notice = std::get_if<transport::RunNotice>(&message)) return on_notice(*notice);
  if (!ghosts_) return;
  if (const auto* state = std::get_if<transport::RunState>(&message)) return ghosts_->on_state(*state);
  if (const auto* wanted = std::get_if<transport::RunGhostWanted>(&message)) return ghosts_->on_wanted(wanted->rank);
  if (const auto* all = std::get_if<transport::RunProcesses>(&message)) return ghosts_->on_processes(*all);
}

void RunView::on_started(const transport::RunStarted& started) {
  if (seeking_) return on_attached();
  ranks_ = started;
  if (const auto opened = files_ ? files_->open(started.names) : sys::Status(); !opened)
    return fail_early(opened.error().text());
  if (taker_) taker_->begin(started.names);
  if (lend_terminal_)
    terminal_ = std::make_unique<RunTerminal>(
        context_.loop, [this](const transport::WindowSize& window) { exchange_.send(transport::RunResize{window}); });
  if (input_) input_->start();
  if (!with_ghosts_ || command_.empty()) return;
  ghosts_ =
      std::make_unique<RunGhosts>(context_, command_, [this](const transport::Message& message) { send(message); });
  const auto begun = ghosts_->begin(started);
  if (!begun) fail_early(cat("no ghosts for the ranks: ", begun.error().text()));
}

void RunView::fail_early(const std::string& why) {
  complain(context_, why);
  exchange_.finish(exit_failure);
}

void RunView::on_output(transport::RunOutput& output) {
  if (!take_new_part(output)) return repeat_credit({output.rank, output.stream});
  const StreamKey key(output.rank, output.stream);
  if (taker_ && output.stream == StreamName::output && output.rank < ranks_.nodes.size()) {
    taker_->take(output.rank, output.data);
    return give_credit(key);
  }
  Output& sink = this->sink(output.rank, output.stream);
  if (label_) {
    sink.write(labeller(output.rank, output.stream).add(output.data));
  } else {
    sink.write({reinterpret_cast<const char*>(output.data.data()), output.data.size()});
  }
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
  if (!seeking_) exchange_.send(transport::RunCredit{key.first, key.second, position.received});
}

// Who sends it again has not heard of that.
void RunView::repeat_credit(const StreamKey& key) {
  const Position& position = positions_[key];
  if (!seeking_ && position.told > 0) exchange_.send(transport::RunCredit{key.first, key.second, position.told});
}

// It has come, whatever comes of it now: the node need not hold it any more.
void RunView::on_end(const transport::RunEnd& end) {
  unacknowledged_.push_back(end.rank);
  acknowledge_.set(sys::Duration::zero(),
                   [this] { exchange_.send(transport::RunAck{std::exchange(unacknowledged_, {})}); });
  if (!over_.insert(end.rank).second) return;
  if (end.rank < ranks_.nodes.size()) contact_.on_over(ranks_.nodes[end.rank]);
  const int status = exit_status_of(end);
  status_ = std::max(status_, status);
  if (ghosts_) ghosts_->on_end(end.rank, end.started && end.reason.empty() ? end.status : status << 8);
  for (StreamName stream : {StreamName::output, StreamName::error}) {
    if (label_) sink(end.rank, stream).write(labeller(end.rank, stream).finish());
  }
  if (taker_) taker_->end(end.rank);
  if (summary_) summary_->add(name_of(end.rank), end);
  note_trouble(end.rank, words_for_pids(end.limits_hit, limits_));
  note_trouble(end.rank, what_went_wrong(end));
}

void RunView::note_trouble(std::uint32_t rank, const std::string& text) {
  if (!text.empty() && rank < ranks_.nodes.size()) troubles_[text].push_back(ranks_.nodes[rank]);
}

void RunView::on_notice(const transport::RunNotice& notice) {
  if (notice.rank >= ranks_.nodes.size() || notice.text.empty()) return;
  notices_[notice.text].push_back(ranks_.nodes[notice.rank]);
  if (!notice_.pending()) notice_.set(moment, [this] { tell_grouped(notices_); });
}

void RunView::on_input_credit(const transport::RunInputCredit& credit) {
  if (input_) input_->on_credit(credit);
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
void RunView::tell_grouped(NodesByText& texts) {
  for (auto& [text, nodes] : std::exchange(texts, {})) {
    std::sort(nodes.begin(), nodes.end());
    complain(context_, cat("node", nodes.size() == 1 ? " " : "s ", format_node_set(nodes), ": ", text));
  }
}

void RunView::all_ended() {
  if (input_) input_->stop();
  terminal_.reset();
  tell_grouped(notices_);
  tell_grouped(troubles_);
  if (summary_) context_.error.write(summary_->table());
  exchange_.finish(status_);
}

// As a local program would: the first interrupt is the processes' affair, a second one is ours. So is the first where nobody
// passes it on.
void RunView::on_signal(const sys::SignalFacts& signal) {
  const bool again = signal.signal == SIGINT && ++interrupts_ > 1;
  const bool in_vain = seeking_ && (signal.signal == SIGINT || signal.signal == SIGTERM);
  if (again || in_vain) return exchange_.give_up(exit_signal_base + signal.signal);
  if (ghosts_) return ghosts_->on_own_signal(signal);
  if (signal.signal != SIGTSTP) send(transport::RunSignal{signal.signal});
}

// ---------------------------------------------------------------- nodes and a nodemaster that go and come back

void RunView::on_contact(const transport::RunContact& contact) {
  if (contact.rank >= ranks_.nodes.size()) return;
  const transport::NodeNumber node = ranks_.nodes[contact.rank];
  if (contact.away) return contact_.on_away(node, contact.reason);
  contact_.on_back(node);
}

void RunView::on_lost(const sys::Error& reason) {
  if (ranks_.nodes.empty()) {
    complain(context_, cat("lost nodemaster: ", reason.text()));
    return exchange_.finish(exit_failure);
  }
  seeking_ = true;
  if (seek_until_ == sys::Instant{}) {
    complain(context_, cat("lost nodemaster: ", reason.text(), "; the processes go on, and we wait for it for ",
                           seek_limit / std::chrono::seconds(1), " s"));
    seek_until_ = context_.loop.clock().now() + seek_limit;
  }
  seek_.set(seek_interval, [this] { seek(); });
}

void RunView::seek() {
  if (context_.loop.clock().now() >= seek_until_) {
    complain(context_, cat("nodemaster is not back; job ", ranks_.job, " goes on without us"));
    return exchange_.finish(exit_failure);
  }
  if (!exchange_.reconnect(attachment())) return seek_.set(seek_interval, [this] { seek(); });
}

// The job is ours again. What was said meanwhile, or has been lost with the last nodemaster, is said now.
void RunView::on_attached() {
  seeking_ = false;
  for (const auto& [key, position] : positions_)
    repeat_credit(key);
  if (input_) input_->repeat();
  for (const transport::Message& message : std::exchange(unsent_, {}))
    exchange_.send(message);
}

transport::RunAttach RunView::attachment() const {
  transport::RunAttach attach{.job = ranks_.job, .nodes = ranks_.nodes, .over = {over_.begin(), over_.end()}};
  attach.input = input_to_;
  for (std::uint32_t rank = 0; rank < ranks_.nodes.size(); ++rank) {
    for (const StreamName stream : {StreamName::output, StreamName::error}) {
      const auto position = positions_.find({rank, stream});
      attach.taken.push_back(position == positions_.end() ? 0 : position->second.told);
    }
  }
  return attach;
}

// Signals wait for the next nodemaster, those to what ranks have started as well.
void RunView::send(const transport::Message& message) {
  if (!seeking_) return exchange_.send(message);
  const bool signal = std::holds_alternative<transport::RunSignal>(message) ||
                      std::holds_alternative<transport::RunProcessSignal>(message);
  if (signal && unsent_.size() < max_unsent) unsent_.push_back(message);
}

std::string RunView::name_of(std::uint32_t rank) const {
  return rank < ranks_.names.size() ? sys::printable(ranks_.names[rank]) : cat("rank ", rank);
}

Output& RunView::sink(std::uint32_t rank, StreamName stream) {
  if (Output* const file = files_ ? files_->of(rank, stream) : nullptr) return *file;
  return stream == StreamName::error ? context_.error : context_.output;
}

LineLabeller& RunView::labeller(std::uint32_t rank, StreamName stream) {
  return labellers_.try_emplace({rank, stream}, name_of(rank)).first->second;
}

}  // namespace frontend
