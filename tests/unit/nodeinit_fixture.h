// A machine in memory with nodeinit on it, a network with a RARP server, and a front end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nodeinit/node.h"
#include "tests/fakes/fake_cgroups.h"
#include "tests/fakes/fake_children.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_front_end.h"
#include "tests/fakes/fake_hardware_clock.h"
#include "tests/fakes/fake_interfaces.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_machine.h"
#include "tests/fakes/fake_mounts.h"
#include "tests/fakes/fake_packets.h"
#include "tests/fakes/fake_shutdown.h"
#include "tests/fakes/fake_sockets.h"
#include "tests/fakes/fake_spawner.h"
#include "tests/fakes/fake_stream.h"
#include "tests/fakes/fake_workers.h"

struct TestMachine {
  TestMachine();

  // Mounts /proc as main() does, and lets nodeinit begin.
  void boot(std::vector<std::string> arguments = {});
  // boot(), with a RARP server and a front end, until the node has joined.
  void boot_and_join();

  // Answers RARP requests from now on: the node is 10.9.1.3, the server and front end 10.9.0.1.
  void serve_rarp();
  // What the console shows.
  std::string console_text();
  // Whether a line with `text` in it was logged.
  bool logged(std::string_view text) const;
  // "NAME OUTCOME REASON" per entry of the boot record, as the front end has it.
  std::vector<std::string> record() const;
  node::System system();

  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeFiles files{faults};
  fakes::FakeMounts mounts{faults};
  fakes::FakeMachine machine{faults};
  fakes::FakeShutdown shutdown{faults};
  fakes::FakeLinks links{faults};
  fakes::FakeInterfaces interfaces{links, faults};
  fakes::FakeHardwareClock hardware_clock{faults};
  fakes::FakePackets packets{loop, faults};
  fakes::FakeSockets sockets{loop, faults};
  fakes::FakeChildren children{faults};
  fakes::FakeWorkers workers{loop, faults};
  fakes::FakeSpawner spawner{loop, children, faults};
  fakes::FakeCgroups cgroups{faults};
  fakes::FakeFrontEnd front_end{loop, sockets};
  sys::Log log{clock};
  std::unique_ptr<fakes::FakeStream> console;  // our end of it
  std::string shown;
  node::Life life{.birth = clock.now()};
  std::optional<node::LogSinks> sinks;
  std::optional<node::Node> node;
};
