#include "frontend/nodectl/run_view.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "frontend/nodectl/exit_status.h"
#include "sys/children.h"
#include "sys/text.h"

namespace frontend {

using sys::cat;
using transport::StreamName;

RunView::RunView(Context& context, bool label)
    : exchange_(context),
      context_(context),
      label_(label),
      out_(
          context.loop, stdout, 1, [this] { finish_when_delivered(); }, [this] { reader_gone(); }),
      error_(
          context.loop, stderr, 2, [this] { finish_when_delivered(); }, [] {}) {}

int RunView::run(transport::RunRequest request) {
  std::signal(SIGPIPE, SIG_IGN);  // Output tells of a reader that is gone
  auto signals =
      sys::watch_signals(context_.loop, {SIGINT, SIGTERM, SIGHUP, SIGQUIT}, [this](int signal) { on_signal(signal); });
  if (!signals) {
    complain(signals.error().text());
    return exit_failure;
  }
  signals_ = std::move(*signals);
  exchange_.on_done([this] { all_ended(); });
  return exchange_.run(request, [this](transport::Message& message) { on_message(message); });
}

void RunView::on_message(transport::Message& message) {
  if (const auto* started = std::get_if<transport::RunStarted>(&message)) return on_started(*started);
  if (const auto* output = std::get_if<transport::RunOutput>(&message)) return on_output(*output);
  if (const auto* end = std::get_if<transport::RunEnd>(&message)) return on_end(*end);
}

void RunView::on_started(const transport::RunStarted& started) {
  for (const std::string& name : started.names)
    names_.push_back(sys::printable(name));
}

void RunView::on_output(const transport::RunOutput& output) {
  Output& to = sink(output.stream);
  if (label_) {
    to.write(labeller(output.rank, output.stream).add(output.data));
  } else {
    to.write({reinterpret_cast<const char*>(output.data.data()), output.data.size()});
  }
  if (to.full()) exchange_.pause();
}

void RunView::on_end(const transport::RunEnd& end) {
  const int status = exit_status_of(end);
  status_ = std::max(status_, status);
  for (StreamName stream : {StreamName::output, StreamName::error}) {
    if (label_) sink(stream).write(labeller(end.rank, stream).finish());
  }
  if (!end.reason.empty()) {
    error_.write(cat("nodectl: ", name_of(end.rank), ": ", sys::printable(end.reason, 1024), "\n"));
  } else if (status > exit_signal_base) {
    error_.write(cat("nodectl: ", name_of(end.rank), ": ", sys::describe_status(end.status), "\n"));
  } else if (status != 0) {
    by_status_[status].push_back(name_of(end.rank));
  }
}

void RunView::all_ended() {
  ended_ = true;
  complain_about_statuses();
  finish_when_delivered();
}

// One rank's exit status is nodectl's own; only several need words.
void RunView::complain_about_statuses() {
  if (names_.size() < 2) return;
  for (const auto& [status, names] : by_status_) {
    std::string list;
    for (const std::string& name : names)
      list += cat(list.empty() ? "" : ",", name);
    error_.write(cat("nodectl: exit status ", status, " on ", list, "\n"));
  }
}

void RunView::finish_when_delivered() {
  if (ended_ && out_.empty() && error_.empty()) return exchange_.finish(status_);
  if (!out_.full() && !error_.full()) exchange_.resume();
}

// As a local program would: the first signal is the processes' affair, a second ^C is ours.
void RunView::on_signal(int signal) {
  if (signal == SIGINT && ++interrupts_ > 1) return exchange_.finish(exit_signal_base + signal);
  exchange_.send(transport::RunSignal{signal});
}

// `nodectl run ... | head`: as SIGPIPE would end a local program.
void RunView::reader_gone() { exchange_.finish(exit_signal_base + SIGPIPE); }

std::string RunView::name_of(std::uint32_t rank) const {
  return rank < names_.size() ? names_[rank] : cat("rank ", rank);
}

Output& RunView::sink(StreamName stream) { return stream == StreamName::error ? error_ : out_; }

LineLabeller& RunView::labeller(std::uint32_t rank, StreamName stream) {
  return labellers_.try_emplace({rank, stream}, name_of(rank)).first->second;
}

}  // namespace frontend
