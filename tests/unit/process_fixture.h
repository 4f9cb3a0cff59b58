// A node in memory that starts processes.
#pragma once

#include "process/process.h"
#include "sys/log.h"
#include "tests/fakes/fake_cgroups.h"
#include "tests/fakes/fake_content.h"
#include "tests/fakes/fake_spawner.h"

namespace process {

struct ProcessNode {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeFiles files{faults};
  fakes::FakeChildren children{faults};
  fakes::FakeSpawner spawner{loop, children, faults};
  fakes::FakeCgroups cgroups{faults};
  fakes::FakeContent content{loop, files};
  sys::Log log{clock};
  Limits limits{log};
  ProcessTools tools{loop, spawner, children, files, content.cache, limits, cgroups};

  // `held_open`: something that it has started keeps its output streams.
  void end(int pid, int status, bool held_open = false) {
    spawner.end(pid, status, held_open);
    loop.run_until_idle();
  }
};

}  // namespace process
