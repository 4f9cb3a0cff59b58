// nodectl: what people and scripts type at the front end.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <variant>

#include "frontend/nodectl/bproc_names.h"
#include "frontend/nodectl/command_line.h"
#include "frontend/nodectl/exchange.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/tree_helper.h"
#include "sys/console.h"
#include "sys/epoll_loop.h"
#include "sys/inherited_stream.h"
#include "sys/path.h"
#include "sys/signals.h"
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
  int operator()(const PlanOptions& options) const { return run_plan(context, options); }
  int operator()(const PowerOptions& options) const { return run_power(context, options); }
  int operator()(const RightsOptions& options) const { return run_rights(context, options); }
  int operator()(const AvailabilityOptions& options) const { return run_availability(context, options); }
  int operator()(const ServicesOptions& options) const { return run_services(context, options); }
  int operator()(const KillOptions& options) const { return run_kill(context, options); }
  int operator()(const PsOptions& options) const { return run_ps(context, options); }
  int operator()(const MetricsOptions& options) const { return run_metrics(context, options); }
  int operator()(const RunOptions& options) const { return run_run(context, options); }
  int operator()(const RshOptions& options) const { return run_rsh(context, options); }
  int operator()(const CpOptions& options) const { return run_cp(context, options); }
};

void die(std::string_view what) { std::fputs(sys::cat("nodectl: ", what, "\n").c_str(), stderr); }

// What a verb said when it did not get as far as an exchange.
void deliver_rest(Context& context) {
  const auto stop_if_empty = [&context] {
    if (context.output.empty() && context.error.empty()) context.loop.stop();
  };
  const auto on_broken = [stop_if_empty](const sys::Error&) { stop_if_empty(); };
  context.output.notify(stop_if_empty, on_broken);
  context.error.notify(stop_if_empty, on_broken);
  if (!context.output.empty() || !context.error.empty()) context.loop.run();
}

// How this program was started.
struct Start {
  int argc;
  char** argv;
  std::uint64_t ignored;  // signals
};

int run_command(const CommandLine& line, const Start& start) {
  sys::KernelClock clock;
  sys::KernelSockets sockets;
  sys::Loop* turning = nullptr;
  bool broken = false;  // an answer is lost: waiting for more would be waiting for ever
  const auto loop = sys::make_epoll_loop(clock, [&](std::string_view what) {
    die(what);
    broken = true;
    turning->stop();
  });
  if (!loop) {
    die(loop.error().text());
    return exit_failure;
  }
  turning = loop->get();
  Output output(**loop, sys::inherited_stream(1));
  Output error(**loop, sys::inherited_stream(2));
  Context context{**loop,     sockets,    output,       error, line.socket, line.json, sys::terminal_size(1),
                  start.argv, start.argc, start.ignored};
  const int status = std::visit(Verb{context}, line.verb);
  if (broken) return exit_failure;
  deliver_rest(context);
  return status;
}

int run_line(const std::vector<const char*>& words, const Start& start) {
  const auto line = parse_command_line(static_cast<int>(words.size()), words.data());
  if (const int* status = std::get_if<int>(&line)) return *status;
  return run_command(std::get<CommandLine>(line), start);
}

// Under one of BProc's names: what it means, one line after the other, as long as all is well.
int run_bproc(const BprocLine& bproc, const Start& start) {
  if (!bproc.help.empty()) return std::fputs(bproc.help.c_str(), stdout) < 0 ? exit_failure : 0;
  if (!bproc.trouble.empty()) {
    std::fputs(sys::cat(sys::name_in(start.argv[0]), ": ", bproc.trouble, "\n").c_str(), stderr);
    return exit_usage;
  }
  int status = 0;
  for (const auto& line : bproc.lines) {
    std::vector<const char*> words = {"nodectl"};
    for (const std::string& word : line)
      words.push_back(word.c_str());
    status = run_line(words, start);
    if (status != 0) break;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) try {
  const Start start{argc, argv, sys::ignored_signals()};
  std::signal(SIGPIPE, SIG_IGN);  // Output tells of a reader that is gone
  sys::open_standard_fds("/dev/null");
  if (is_tree_helper(argc, argv)) return run_tree_helper(argc, argv);
  if (const auto bproc = translate_bproc({argv, argv + argc})) return run_bproc(*bproc, start);
  return run_line({argv, argv + argc}, start);
} catch (const std::exception& error) {
  die(error.what());
  return exit_failure;
}
