// run: a program of this machine on nodes. What the caller's shell would run is found here, with what it needs, and named
// by content; the nodes fetch what they lack.
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "content/hash.h"
#include "frontend/common/lexical_path.h"
#include "frontend/common/program_files.h"
#include "frontend/nodectl/environment.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/job_limits.h"
#include "frontend/nodectl/run_view.h"
#include "frontend/nodectl/verbs.h"
#include "sys/environment.h"
#include "sys/signals.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

constexpr std::size_t max_environment = 128u << 10;  // bytes: it goes to every node

std::string current_directory() {
  std::error_code error;
  const auto path = std::filesystem::current_path(error);
  return error ? "/" : path.string();
}

// $PATH is the caller's, as when the caller's shell looks; $LD_LIBRARY_PATH is the one that the program gets.
sys::Result<ProgramFiles> find_files(const std::string& command, const std::string& here, const Environment& to_send) {
  const Environment own = sys::environment();
  const std::string_view search_path = value_of(own, "PATH").value_or(default_search_path);
  const auto path = find_program(command, here, search_path);
  if (!path) return tl::unexpected(path.error());
  return resolve_program(*path, {value_of(to_send, "LD_LIBRARY_PATH").value_or(""), search_path});
}

sys::Status name_by_content(const ProgramFiles& program, transport::RunRequest& request) {
  for (const ProgramFile& file : program.files) {
    const auto content = content::hash_file(file.source);
    if (!content) return tl::unexpected(content.error());
    request.files.push_back({file.path, *content, file.mode});
    request.sources.push_back(file.source);
  }
  return {};
}

sys::Result<transport::RunRequest> make_request(const RunOptions& options) {
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
  if (const auto size = size_of(request.environment); size > max_environment) {
    return sys::failure(E2BIG, cat("the environment has ", size, " bytes, at most ", max_environment,
                                   " go to a node; run it under env -i"));
  }
  const auto program = find_files(options.command.front(), here, request.environment);
  if (!program) return tl::unexpected(program.error());
  request.program = program->program;
  request.architecture = program->architecture;
  if (auto status = name_by_content(*program, request); !status) return tl::unexpected(status.error());
  return request;
}

}  // namespace

int run_run(Context& context, const RunOptions& options) {
  const auto request = make_request(options);
  if (!request) {
    complain(context, request.error().text());
    return exit_status_of_start(request.error().code);
  }
  RunView view(context, options.label, true);
  if (options.summary) view.want_summary();
  std::vector<std::unique_ptr<sys::SignalSource>> sources;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP}) {
    if (sys::ignores(signal)) continue;
    auto source = sys::watch_signal_facts(context.loop, {signal},
                                          [&view](const sys::SignalFacts& arrived) { view.on_signal(arrived); });
    if (!source) {
      complain(context, source.error().text());
      return exit_failure;
    }
    sources.push_back(std::move(*source));
  }
  return view.run(*request);
}

}  // namespace frontend
