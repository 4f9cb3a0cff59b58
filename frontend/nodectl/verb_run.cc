// run: a program of this machine on nodes. What the caller's shell would run is found here, with what it needs, and named
// by content; the nodes fetch what they lack.
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "frontend/common/current_directory.h"
#include "frontend/common/lexical_path.h"
#include "frontend/common/program_files.h"
#include "frontend/common/remembered_contents.h"
#include "frontend/nodectl/environment.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/job_limits.h"
#include "frontend/nodectl/run_request.h"
#include "frontend/nodectl/run_terminal.h"
#include "frontend/nodectl/run_view.h"
#include "frontend/nodectl/verbs.h"
#include "sys/environment.h"
#include "sys/files.h"
#include "sys/inherited_stream.h"
#include "sys/signals.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

constexpr std::size_t max_environment = 128u << 10;  // bytes: it goes to every node

// $PATH is the caller's, as when the caller's shell looks; $LD_LIBRARY_PATH is the one that the program gets.
sys::Result<ProgramFiles> find_files(const std::string& command, const std::string& here, const Environment& to_send) {
  const Environment own = sys::environment();
  const std::string_view search_path = value_of(own, "PATH").value_or(default_search_path);
  const auto path = find_program(command, here, search_path);
  if (!path) return tl::unexpected(path.error());
  return resolve_program(*path, {value_of(to_send, "LD_LIBRARY_PATH").value_or(""), search_path});
}

sys::Status name_by_content(const ProgramFiles& program, sys::Clock& clock, transport::RunRequest& request) {
  sys::KernelFiles files;
  RememberedContents contents(files, clock, remembered_contents_path());
  for (const ProgramFile& file : program.files) {
    const auto content = contents.of(file.source);
    if (!content) return tl::unexpected(content.error());
    request.files.push_back({file.path, *content, file.mode});
    request.sources.push_back(file.source);
  }
  contents.save();
  return {};
}

}  // namespace

sys::Result<transport::RunRequest> make_run_request(const RunOptions& options, sys::Clock& clock) {
  const std::string here = current_directory();
  transport::RunRequest request;
  request.nodes = options.nodes;
  request.arguments = options.command;
  request.environment = merge_environment(sys::environment(), options.environment);
  request.directory = options.directory.empty() ? here : absolute_path(here, options.directory);
  request.directory_required = !options.directory.empty();
  request.umask = sys::creation_mask();
  request.ghosts = true;
  request.limits = own_limits();
  request.job_limits = options.limits;
  request.input = options.input;
  request.terminal = options.terminal;
  request.window = terminal_window();
  if (const auto size = size_of(request.environment); size > max_environment) {
    return sys::failure(E2BIG, cat("the environment has ", size, " bytes, at most ", max_environment,
                                   " go to a node; run it under env -i"));
  }
  const auto program = find_files(options.command.front(), here, request.environment);
  if (!program) return tl::unexpected(program.error());
  request.program = program->program;
  request.architecture = program->architecture;
  if (auto status = name_by_content(*program, clock, request); !status) return tl::unexpected(status.error());
  return request;
}

int run_run(Context& context, const RunOptions& options) {
  auto request = make_run_request(options, context.loop.clock());
  if (!request) {
    complain(context, request.error().text());
    return exit_status_of_start(request.error().code);
  }
  request->ignored = context.ignored;
  RunView view(context, options.label, true);
  if (options.summary) view.want_summary();
  if (!options.output.empty()) view.write_files(options.output);
  if (options.terminal) view.lend_terminal();
  if (options.input != transport::no_rank) view.read_input(sys::inherited_stream(0));
  return follow_run(context, view, *request);
}

int follow_run(Context& context, RunView& view, const transport::RunRequest& request) {
  std::vector<std::unique_ptr<sys::SignalSource>> sources;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP}) {
    if ((context.ignored >> (signal - 1) & 1) != 0) continue;
    auto source = sys::watch_signal_facts(context.loop, {signal},
                                          [&view](const sys::SignalFacts& arrived) { view.on_signal(arrived); });
    if (!source) {
      complain(context, source.error().text());
      return exit_failure;
    }
    sources.push_back(std::move(*source));
  }
  return view.run(request);
}

}  // namespace frontend
