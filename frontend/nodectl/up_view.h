// What the caller of `nodectl up -f` sees: on a terminal one block that is drawn anew, and the results below it; otherwise
// lines as they come, or objects.
#pragma once

#include <vector>

#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/up_board.h"
#include "frontend/nodectl/verbs.h"

namespace frontend {

class UpView {
 public:
  static constexpr sys::Duration pace = std::chrono::milliseconds(200);  // between two drawings

  explicit UpView(Context& context) : context_(context), exchange_(context), turn_(context.loop) {}
  int run(const UpOptions& options);

 private:
  bool draws() const { return context_.terminal && !context_.json; }
  void on_message(const transport::Message& message);
  void on_progress(const transport::UpProgress& progress);
  void on_result(const transport::NodeResult& result);
  void draw();
  void draw_on();
  void end();

  Context& context_;
  Exchange exchange_;
  UpBoard board_;
  std::vector<transport::NodeResult> results_;  // of a block that is drawn: said when it has ended
  std::size_t lines_ = 0;                       // of the block on the screen
  sys::Timer turn_;
  bool ending_ = false;
  int status_ = 0;
};

}  // namespace frontend
