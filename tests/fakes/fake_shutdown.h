// Records whom it would have ended.
#pragma once

#include "sys/shutdown.h"
#include "sys/text.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeShutdown final : public sys::Shutdown {
 public:
  explicit FakeShutdown(Faults& faults) : faults_(faults) {}

  sys::Status signal_everyone(int signal) override {
    return faults_.check(sys::cat("signal ", signal, " to everyone"));
  }
  void sync() override { ++synced; }
  sys::Status take_ctrl_alt_del() override { return faults_.check("take over Ctrl-Alt-Del"); }

  int synced = 0;

 private:
  Faults& faults_;
};

}  // namespace fakes
