// One line on a terminal that says how far a copy is, drawn anew as it goes on and gone at the end.
#pragma once

#include <functional>

#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/tree_reader.h"

namespace frontend {

class CopyProgress {
 public:
  static constexpr sys::Duration interval = std::chrono::milliseconds(500);

  // Nothing is drawn where standard error is no terminal.
  CopyProgress(Context& context, std::function<CopyCount()> count);
  ~CopyProgress();
  CopyProgress(const CopyProgress&) = delete;
  CopyProgress& operator=(const CopyProgress&) = delete;

 private:
  void draw();

  Context& context_;
  std::function<CopyCount()> count_;
  bool drawn_ = false;
  sys::Timer next_;
};

// "12 files, 3.4 MB"
std::string describe(const CopyCount& count);

}  // namespace frontend
