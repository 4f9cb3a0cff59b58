// Everything that reads the log, told of each new line. Registers itself with the log for as long as it lives.
#pragma once

#include "nodeinit/console.h"
#include "nodeinit/kernel_log.h"
#include "nodeinit/log_forwarder.h"

namespace node {

struct LogSinks {
  LogSinks(sys::Loop& loop, sys::Files& files, sys::Log& the_log, sys::Instant birth)
      : log(the_log), console(loop, log, birth), kernel(files, loop.clock(), log), front_end(loop, log) {
    log.on_line([](void* self) { static_cast<LogSinks*>(self)->pump(); }, this);
  }
  ~LogSinks() { log.on_line(nullptr, nullptr); }
  LogSinks(const LogSinks&) = delete;
  LogSinks& operator=(const LogSinks&) = delete;

  void pump() {
    console.pump();
    kernel.pump();
    front_end.pump();
  }

  sys::Log& log;
  Console console;
  KernelLog kernel;
  LogForwarder front_end;
};

}  // namespace node
