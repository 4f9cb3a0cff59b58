#include "process/output_gate.h"

#include <utility>

namespace process {

void OutputGate::open() {
  open_ = true;
  for (Waiter* const waiter : std::exchange(waiters_, {}))
    waiter->on_open();
}

}  // namespace process
