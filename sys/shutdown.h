// What ends everything else on the machine. Apart from Machine so that no test can reach it by accident: the real one
// refuses unless this process is PID 1.
#pragma once

#include "sys/result.h"

namespace sys {

class Shutdown {
 public:
  virtual ~Shutdown() = default;
  // Sends `signal` to every process except PID 1 (kill(2) with -1). Nobody there is success.
  virtual Status signal_everyone(int signal) = 0;
  // Writes out what file systems hold. Blocks, without limit on a dead network file system: for workers.
  virtual void sync() = 0;
  // From now on Ctrl-Alt-Del is a SIGINT for PID 1 instead of an immediate restart.
  virtual Status take_ctrl_alt_del() = 0;
};

class KernelShutdown final : public Shutdown {
 public:
  Status signal_everyone(int signal) override;
  void sync() override;
  Status take_ctrl_alt_del() override;
};

}  // namespace sys
