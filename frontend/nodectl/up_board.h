// Where many nodes stand while they are set up, for a terminal: a bar, how many nodes are in which state, and the nodes that
// have been at one step for longest. For other readers, one line for each change.
#pragma once

#include <map>
#include <string>

#include "sys/clock.h"
#include "sys/terminal.h"
#include "transport/messages.h"

namespace frontend {

// "n3: step copy-libs (4 of 12): 120 files below /usr/lib".
std::string progress_line(const transport::UpProgress& progress);

class UpBoard {
 public:
  void on_progress(const transport::UpProgress& progress, sys::Instant now);
  void on_result(const transport::NodeResult& result);
  // Lines that fit into the terminal, each with its newline.
  std::string text(sys::TerminalSize terminal, sys::Instant now) const;

 private:
  struct Row {
    transport::UpProgress progress;
    sys::Instant since;  // when the step began
    bool over = false;
    bool succeeded = false;
  };

  std::string summary() const;
  std::string bar(std::size_t width) const;

  std::map<transport::NodeNumber, Row> rows_;
};

}  // namespace frontend
