// What the caller of `nodectl run` sees: the ranks' output on the right streams, labelled or as it is, what went wrong with
// whom, and one exit status. The caller's signals go to the processes; a second interrupt gives up.
//
// A reader that stops taking our output stops the connection to nodemaster, and so, by credit, the
// processes themselves: nothing is buffered without bound.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/line_labeller.h"
#include "frontend/nodectl/output.h"
#include "sys/signals.h"

namespace frontend {

class RunView {
 public:
  RunView(Context& context, bool label);
  int run(transport::RunRequest request);

 private:
  void on_message(transport::Message& message);
  void on_started(const transport::RunStarted& started);
  void on_output(const transport::RunOutput& output);
  void on_end(const transport::RunEnd& end);
  void on_signal(int signal);
  void all_ended();
  void complain_about_statuses();
  void finish_when_delivered();
  void reader_gone();

  std::string name_of(std::uint32_t rank) const;
  Output& sink(transport::StreamName stream);
  LineLabeller& labeller(std::uint32_t rank, transport::StreamName stream);

  Exchange exchange_;
  Context& context_;
  bool label_;
  Output out_;
  Output error_;
  std::unique_ptr<sys::SignalSource> signals_;
  std::vector<std::string> names_;  // by rank
  std::map<std::pair<std::uint32_t, transport::StreamName>, LineLabeller> labellers_;
  std::map<int, std::vector<std::string>> by_status_;  // names of the ranks that ended with it, 0 left out
  int status_ = 0;
  int interrupts_ = 0;
  bool ended_ = false;
};

}  // namespace frontend
