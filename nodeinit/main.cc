// nodeinit: PID 1 of a cluster node. Builds the kernel's real interfaces, hands them to the node, and runs.
// It never returns: what ends the loop, or escapes from it, goes to the emergency path.

#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "nodeinit/base_system.h"
#include "nodeinit/emergency.h"
#include "nodeinit/invocation.h"
#include "nodeinit/node.h"
#include "sys/console.h"
#include "sys/crash.h"
#include "sys/epoll_loop.h"
#include "sys/signals.h"

namespace {

constexpr int usage_status = 2;

template <class T> T must(sys::Result<T> result) {
  if (!result) node::emergency(result.error().text());
  return std::move(*result);
}

sys::Result<std::unique_ptr<sys::Stream>> open_console() {
  sys::reopen_standard_fds();
  return sys::open_console();
}

// What the node can not be without: if one of these fails, only starting again helps.
void run(sys::KernelClock& clock, node::Life life) {
  sys::KernelFiles files;
  sys::KernelMounts mounts;
  sys::KernelMachine machine;
  sys::KernelShutdown shutdown;
  sys::KernelInterfaces interfaces;
  sys::KernelHardwareClock hardware_clock;
  sys::KernelPackets packets;
  sys::KernelSockets sockets;
  life.proc = node::mount_proc(files, mounts);
  life.in_container = machine.in_container();
  if (life.in_container) node::emergency_is_in_container();

  const auto log = std::make_unique<sys::Log>(clock);
  const auto loop = must(sys::make_epoll_loop(clock, [&log](std::string_view what) {
    log->write(sys::Severity::error, "an exception left a handler, one event is lost; what it was:");
    log->write(sys::Severity::error, what);
  }));
  sys::KernelChildren children(*loop);
  const auto links = must(sys::make_links());
  const auto workers = sys::make_workers(*loop, children);
  const auto spawner = sys::make_spawner(*loop, children);
  const auto cgroups = sys::make_cgroups(files);

  node::LogSinks sinks(*loop, files, *log, life.birth);
  node::Node node({*loop, files, mounts, machine, shutdown, *links, interfaces, hardware_clock, packets, sockets,
                   children, *workers, *spawner, *cgroups, open_console},
                  sinks, life);
  const auto signals = must(sys::watch_signals(*loop, {SIGCHLD, SIGTERM, SIGINT}, [&](int signal) {
    if (signal == SIGCHLD) return children.reap();
    if (signal == SIGTERM) return node.end(sys::PowerAction::power_off, "SIGTERM");
    node.end(sys::PowerAction::restart, "SIGINT (Ctrl-Alt-Del)");
  }));
  node.start();
  loop->run();
}

int answer(const std::string& text, int fd, int status) {
  sys::raw_write(fd, text);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  sys::block_all_signals();
  sys::KernelClock clock;
  const sys::Instant birth = clock.now();
  sys::open_standard_fds();

  node::Invocation invocation = node::parse_invocation({argv + (argc > 0 ? 1 : 0), argv + argc});
  if (!sys::raw_is_init()) {
    using Want = node::Invocation::Want;
    if (invocation.want == Want::help) return answer(node::help_text(), 1, 0);
    if (invocation.want == Want::version) return answer(node::version_text(), 1, 0);
    return answer("nodeinit: this is not PID 1, and only there it makes sense: boot a node with it, or see --help\n", 2,
                  usage_status);
  }
  node::prepare_emergency(argc, argv, invocation.restarts);
  try {
    run(clock, {.birth = birth,
                .restarts = invocation.restarts,
                .in_container = false,
                .proc = {},
                .arguments = std::move(invocation.settings)});
  } catch (const std::exception& error) {
    node::emergency(error.what());
  } catch (...) {
    node::emergency("an exception of an unknown kind left main");
  }
  node::emergency("the event loop has ended");
}
