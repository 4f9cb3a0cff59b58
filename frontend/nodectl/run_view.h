// What the caller of `nodectl run` sees: the ranks' output on the right streams, labelled or as it is, what went wrong
// with whom, and one exit status. The caller's signals go to the processes; a second interrupt gives up.
//
// A nodemaster that goes does not end the run: the nodes go on, and hold what it has not passed on. We look for its successor
// and claim our job from it (RunAttach).
//
//   running --connection lost--> seeking --connected, RunAttach: RunStarted--> running
//                                   '--too long, or refused--> over
//
// What our readers have taken is what nodes get credit for: a reader that stops stops the processes, and no more waits here
// than all ranks' windows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "frontend/nodectl/contact_news.h"
#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/input_reader.h"
#include "frontend/nodectl/line_labeller.h"
#include "frontend/nodectl/output_files.h"
#include "frontend/nodectl/run_ghosts.h"
#include "frontend/nodectl/run_summary.h"
#include "frontend/nodectl/run_terminal.h"

namespace frontend {

// Where the ranks' standard output goes instead of nodectl's own.
class OutputTaker {
 public:
  virtual ~OutputTaker() = default;
  virtual void begin(const std::vector<std::string>& names) = 0;  // of the ranks' nodes
  virtual void take(std::uint32_t rank, std::span<const std::byte> data) = 0;
  virtual void end(std::uint32_t rank) = 0;
};

class RunView {
 public:
  static constexpr sys::Duration moment = std::chrono::milliseconds(100);
  static constexpr sys::Duration seek_interval = std::chrono::milliseconds(500);
  static constexpr sys::Duration seek_limit = std::chrono::minutes(2);
  static constexpr std::size_t max_unsent = 256;  // signals

  // `ghosts`: whether each rank has one.
  RunView(Context& context, bool label, bool ghosts = false)
      : exchange_(context, Flow::by_credit),
        context_(context),
        label_(label),
        with_ghosts_(ghosts),
        notice_(context.loop),
        contact_(context.loop, [this](const std::string& text) { complain(context_, text); }),
        acknowledge_(context.loop),
        seek_(context.loop) {}

  // Instead of this command's own two streams.
  void write_files(const std::string& directory);
  // It must outlive the run.
  void take_output(OutputTaker& taker) { taker_ = &taker; }
  // Where the input comes from that the request wants.
  void read_input(std::unique_ptr<sys::Stream> stream);
  // The process has a terminal, and this one shows it.
  void lend_terminal() { lend_terminal_ = true; }
  // At the end, on standard error.
  void want_summary() { summary_.emplace(); }
  int run(const transport::RunRequest& request);
  // SIGINT and its like, while run() runs.
  void on_signal(const sys::SignalFacts& signal);

 private:
  using StreamKey = std::pair<std::uint32_t, transport::StreamName>;  // by rank
  using NodesByText = std::map<std::string, std::vector<transport::NodeNumber>>;
  struct Position {
    std::uint64_t received = 0;  // bytes
    std::uint64_t told = 0;      // have been said to be taken
  };

  void on_message(transport::Message& message);
  void on_started(const transport::RunStarted& started);
  void on_output(transport::RunOutput& output);
  void on_end(const transport::RunEnd& end);
  void on_contact(const transport::RunContact& contact);
  void on_lost(const sys::Error& reason);
  void seek();
  void on_attached();
  transport::RunAttach attachment() const;
  void send(const transport::Message& message);
  void on_notice(const transport::RunNotice& notice);
  void tell_grouped(NodesByText& texts);
  void on_input_credit(const transport::RunInputCredit& credit);
  bool take_new_part(transport::RunOutput& output);
  void give_credit(const StreamKey& key);
  void repeat_credit(const StreamKey& key);
  void note_trouble(std::uint32_t rank, const std::string& text);
  std::string what_went_wrong(const transport::RunEnd& end) const;
  void all_ended();

  std::string name_of(std::uint32_t rank) const;
  Output& sink(std::uint32_t rank, transport::StreamName stream);
  void fail_early(const std::string& why);
  LineLabeller& labeller(std::uint32_t rank, transport::StreamName stream);

  Exchange exchange_;
  Context& context_;
  bool label_;
  bool with_ghosts_;
  std::unique_ptr<RunGhosts> ghosts_;
  OutputTaker* taker_ = nullptr;
  std::unique_ptr<OutputFiles> files_;
  bool lend_terminal_ = false;
  std::unique_ptr<RunTerminal> terminal_;  // while the run is under way
  std::unique_ptr<InputReader> input_;     // none: nothing is read
  std::vector<std::string> command_;
  transport::JobLimits limits_;
  std::uint32_t input_to_ = transport::no_rank;
  transport::RunStarted ranks_;
  std::map<StreamKey, LineLabeller> labellers_;
  std::map<StreamKey, Position> positions_;
  std::set<StreamKey> unpaid_;  // whose output waits for its reader
  NodesByText troubles_;        // what went wrong, and for whom
  NodesByText notices_;         // what is not as the caller has it, though they run; not told yet
  sys::Timer notice_;
  std::optional<RunSummary> summary_;
  ContactNews contact_;
  std::set<std::uint32_t> over_;  // ranks whose RunEnd has come
  std::vector<std::uint32_t> unacknowledged_;
  sys::Timer acknowledge_;
  sys::Timer seek_;
  bool seeking_ = false;
  sys::Instant seek_until_{};               // none: the last nodemaster has spoken
  std::vector<transport::Message> unsent_;  // while seeking
  int status_ = 0;
  int interrupts_ = 0;
};

}  // namespace frontend
