// The orderly end, when the front end, Ctrl-Alt-Del or a container's keeper asks for it. Every stage has a deadline, so
// that nothing that hangs keeps a node from restarting:
//
//   idle --begin()--> polite --processes gone, or 3 s--> hard --gone, or 2 s--> sync --done, or 5 s--> over
//                     SIGTERM to all                     SIGKILL to all         in a worker            reboot(2)
#pragma once

#include <functional>
#include <string>

#include "nodeinit/system.h"
#include "sys/log.h"

namespace node {

class PowerDown {
 public:
  // `running`: processes that are waited for.
  PowerDown(const System& system, sys::Log& log, std::function<std::size_t()> running);
  // The first request counts; later ones are logged.
  void begin(sys::PowerAction action, const std::string& why);
  bool under_way() const { return under_way_; }

 private:
  void end_processes(int signal, sys::Duration limit, void (PowerDown::*next)());
  void wait_for_processes(sys::Instant until, void (PowerDown::*next)());
  void kill_hard();
  void sync();
  void finish();

  System system_;
  sys::Log& log_;
  std::function<std::size_t()> running_;
  sys::Timer timer_;
  sys::PowerAction action_ = sys::PowerAction::restart;
  bool under_way_ = false;
};

}  // namespace node
