// What the caller of `nodectl run` sees: the ranks' output on the right streams, labelled or as it is, what went wrong
// with whom, and one exit status. The caller's signals go to the processes; a second interrupt gives up.
//
// What our readers have taken is what nodes get credit for: a reader that stops stops the processes, and no more waits here
// than all ranks' windows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/line_labeller.h"
#include "frontend/nodectl/run_ghosts.h"
#include "frontend/nodectl/run_summary.h"

namespace frontend {

class RunView {
 public:
  // `ghosts`: whether each rank has one.
  RunView(Context& context, bool label, bool ghosts = false)
      : exchange_(context, Flow::by_credit), context_(context), label_(label), with_ghosts_(ghosts) {}

  // At the end, on standard error.
  void want_summary() { summary_.emplace(); }
  int run(const transport::RunRequest& request);
  // SIGINT and its like, while run() runs.
  void on_signal(const sys::SignalFacts& signal);

 private:
  using StreamKey = std::pair<std::uint32_t, transport::StreamName>;  // by rank
  struct Position {
    std::uint64_t received = 0;  // bytes
    std::uint64_t told = 0;      // have been said to be taken
  };

  void on_message(transport::Message& message);
  void on_started(const transport::RunStarted& started);
  void on_output(transport::RunOutput& output);
  void on_end(const transport::RunEnd& end);
  bool take_new_part(transport::RunOutput& output);
  void give_credit(const StreamKey& key);
  void note_trouble(std::uint32_t rank, const std::string& text);
  std::string what_went_wrong(const transport::RunEnd& end) const;
  void all_ended();

  std::string name_of(std::uint32_t rank) const;
  Output& sink(transport::StreamName stream);
  LineLabeller& labeller(std::uint32_t rank, transport::StreamName stream);

  Exchange exchange_;
  Context& context_;
  bool label_;
  bool with_ghosts_;
  std::unique_ptr<RunGhosts> ghosts_;
  std::vector<std::string> command_;
  transport::JobLimits limits_;
  transport::RunStarted ranks_;
  std::map<StreamKey, LineLabeller> labellers_;
  std::map<StreamKey, Position> positions_;
  std::set<StreamKey> unpaid_;                                          // whose output waits for its reader
  std::map<std::string, std::vector<transport::NodeNumber>> troubles_;  // what went wrong, and for whom
  std::optional<RunSummary> summary_;
  int status_ = 0;
  int interrupts_ = 0;
};

}  // namespace frontend
