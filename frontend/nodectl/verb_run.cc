#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "content/hash.h"
#include "frontend/common/lexical_path.h"
#include "frontend/common/program_files.h"
#include "frontend/nodectl/environment.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/find_program.h"
#include "frontend/nodectl/run_view.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

// What the caller's shell would run, and what it needs, by content.
sys::Result<transport::RunRequest> make_request(const RunOptions& options, const std::string& here) {
  const Environment environment = caller_environment(options.environment);
  const auto path = find_program(options.command.front(), here, value_of(environment, "PATH"));
  if (!path) return tl::unexpected(path.error());
  auto program = resolve_program(*path, value_of(environment, "LD_LIBRARY_PATH"));
  if (!program) return tl::unexpected(program.error());
  transport::RunRequest request;
  request.nodes = options.nodes;
  request.program = program->program;
  request.architecture = program->architecture;
  request.arguments = options.command;
  request.environment = environment;
  request.directory = options.directory.empty() ? here : absolute_path(here, options.directory);
  for (const ProgramFile& file : program->files) {
    const auto content = content::hash_file(file.source);
    if (!content) return tl::unexpected(content.error());
    request.files.push_back({file.path, *content, file.mode});
    request.sources.push_back(file.source);
  }
  return request;
}

std::string current_directory() {
  std::error_code error;
  const auto path = std::filesystem::current_path(error);
  return error ? "/" : path.string();
}

}  // namespace

int run_run(Context& context, const RunOptions& options) {
  auto request = make_request(options, current_directory());
  if (!request) {
    const sys::Error& error = request.error();
    complain(error.text());
    return exit_status_of_start(error.code);
  }
  return RunView(context, options.label).run(std::move(*request));
}

}  // namespace frontend
