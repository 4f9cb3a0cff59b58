// nodectl: what people and scripts type at the front end.
#include <cstdio>
#include <exception>
#include <variant>

#include "frontend/nodectl/command_line.h"
#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/exit_status.h"
#include "sys/epoll_loop.h"
#include "sys/text.h"

namespace {

using namespace frontend;

struct Verb {
  Context& context;
  int operator()(const StatusOptions& options) const { return run_status(context, options); }
  int operator()(const WaitOptions& options) const { return run_wait(context, options); }
  int operator()(const BootLogOptions& options) const { return run_boot_log(context, options); }
  int operator()(const LogOptions& options) const { return run_log(context, options); }
  int operator()(const UpOptions& options) const { return run_up(context, options); }
  int operator()(const PowerOptions& options) const { return run_power(context, options); }
  int operator()(const RunOptions& options) const { return run_run(context, options); }
};

int run_command(const CommandLine& line) {
  sys::KernelClock clock;
  sys::KernelSockets sockets;
  auto loop = sys::make_epoll_loop(clock, [](std::string_view what) { complain(sys::cat("internal error: ", what)); });
  if (!loop) {
    complain(loop.error().text());
    return exit_failure;
  }
  Context context{**loop, sockets, line.socket, line.json};
  const int status = std::visit(Verb{context}, line.verb);
  return std::fflush(stdout) == 0 ? status : exit_failure;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto line = parse_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&line)) return *status;
  return run_command(std::get<CommandLine>(line));
} catch (const std::exception& error) {
  complain(error.what());
  return exit_failure;
}
