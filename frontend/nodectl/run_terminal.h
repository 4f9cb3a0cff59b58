// The caller's terminal while it shows that of a process on a node: in raw mode, so that ^C, ^Z and all else that is typed
// goes there as bytes, and as large as it. It is as it was before when this is gone, however the command ends.
#pragma once

#include <functional>
#include <memory>

#include "sys/raw_terminal.h"
#include "sys/signals.h"
#include "transport/messages.h"

namespace frontend {

// That of the caller; the usual one where there is none.
transport::WindowSize terminal_window();

class RunTerminal {
 public:
  // `resized`: it has another size.
  RunTerminal(sys::Loop& loop, std::function<void(const transport::WindowSize&)> resized);

 private:
  sys::RawTerminal raw_;
  std::unique_ptr<sys::SignalSource> resizes_;
};

}  // namespace frontend
