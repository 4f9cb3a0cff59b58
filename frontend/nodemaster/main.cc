// nodemaster: the front end's daemon.
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "frontend/nodemaster/check_configuration.h"
#include "frontend/nodemaster/daemon.h"
#include "frontend/nodemaster/keygen.h"
#include "frontend/nodemaster/log_writer.h"
#include "frontend/nodemaster/master_command_line.h"
#include "sys/console.h"
#include "sys/epoll_loop.h"
#include "sys/signals.h"
#include "sys/text.h"

namespace {

using namespace frontend;

// When nobody reads it, there is nobody to tell.
void say(std::FILE* where, const std::string& text) { static_cast<void>(std::fputs(text.c_str(), where)); }

int fail(const std::string& reason) {
  say(stderr, sys::cat("nodemaster: ", reason, '\n'));
  return 1;
}

// Without detours, and without a slash at its end.
std::string absolute(const std::string& path) {
  const auto normal = std::filesystem::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

int check(const MasterInvocation& invocation) {
  sys::KernelFiles files(sys::LinkTrust::all);
  const CheckResult result = check_all(files, invocation.configuration);
  say(stdout, result.report());
  return result.good ? 0 : 1;
}

int make_keys(const MasterInvocation& invocation) {
  sys::KernelFiles files(sys::LinkTrust::all);
  sys::KernelMachine machine;
  const std::string directory = absolute(invocation.keys);
  const auto random = [&machine](std::span<std::uint8_t> bytes) { return machine.random_key(bytes); };
  const auto made = frontend::make_keys(files, random, directory, invocation.cluster_key);
  if (!made) return fail(made.error().text());
  say(stdout, made->report);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return fail(
        sys::cat("keys are made in ", directory, ", but what to do with them cannot be said on standard output"));
  return 0;
}

int serve(const MasterInvocation& invocation) {
  sys::block_all_signals();
  sys::open_standard_fds("/dev/null");
  sys::KernelFiles files(sys::LinkTrust::all);
  Problems problems;
  // Hooks run in another directory, and a reload may come when this one is gone.
  const std::string path = absolute(invocation.configuration);
  Configuration configuration = load_configuration(files, path, problems);
  for (const Problem& problem : problems.sorted())
    say(stderr, sys::cat(problem.text_with_weight(), '\n'));
  if (problems.errors()) return fail("does not start with a configuration that is not good");

  sys::KernelClock clock;
  sys::Log log(clock);
  auto loop = sys::make_epoll_loop(clock, [&log](std::string_view what) { log.error("an event was lost: ", what); });
  if (!loop) return fail(loop.error().text());
  auto error_stream = sys::open_console(2);
  if (!error_stream) return fail(error_stream.error().text());
  auto links = sys::make_links();
  if (!links) return fail(links.error().text());
  LogWriter writer(**loop, log, std::move(*error_stream), invocation.log_level);
  sys::KernelChildren children(**loop);
  const auto workers = sys::make_workers(**loop, children);
  const auto spawner = sys::make_spawner(**loop, children);
  sys::KernelPackets packets;
  sys::KernelSockets sockets;
  sys::KernelMachine machine;
  Daemon daemon({**loop, log, files, **links, packets, sockets, children, *workers, *spawner, machine},
                std::move(configuration), path);

  const auto on_signal = [&](int signal) {
    if (signal == SIGCHLD) return children.reap();
    if (signal == SIGHUP) return daemon.reload();
    log.notice("ends, as asked by signal ", signal);
    daemon.end();
    (*loop)->stop();
  };
  const auto signals = sys::watch_signals(**loop, {SIGCHLD, SIGHUP, SIGTERM, SIGINT}, on_signal);
  if (!signals) return fail(signals.error().text());
  if (const auto status = daemon.start(); !status) return fail(status.error().text());
  (*loop)->run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  int status = 0;
  const auto invocation = parse_master_command_line(argc, argv, status);
  if (!invocation) return status;
  switch (invocation->task) {
    case MasterInvocation::Task::check:
      return check(*invocation);
    case MasterInvocation::Task::make_keys:
      return make_keys(*invocation);
    case MasterInvocation::Task::serve:
      break;
  }
  return serve(*invocation);
} catch (const std::exception& error) {
  return fail(error.what());
}
