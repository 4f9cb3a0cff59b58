#include "frontend/api/launch_request.h"

#include "content/hash.h"
#include "frontend/common/current_directory.h"
#include "frontend/common/node_set.h"
#include "frontend/common/program_files.h"
#include "frontend/nodectl/environment.h"
#include "sys/environment.h"

namespace frontend {

sys::Result<transport::RunRequest> make_launch_request(const LaunchSpec& spec) {
  const std::string here = current_directory();
  const Environment own = sys::environment();
  const std::string_view search_path = value_of(own, "PATH").value_or(default_search_path);
  const auto path = find_program(spec.program, here, search_path);
  if (!path) return tl::unexpected(path.error());
  const auto program =
      resolve_program(*path, {value_of(spec.environment, "LD_LIBRARY_PATH").value_or(""), search_path});
  if (!program) return tl::unexpected(program.error());

  transport::RunRequest request;
  request.nodes = format_node_set(spec.nodes);
  request.program = program->program;
  request.architecture = program->architecture;
  request.arguments = spec.arguments;
  request.environment = spec.environment;
  request.directory = here;
  request.umask = sys::creation_mask();
  for (const ProgramFile& file : program->files) {
    const auto content = content::hash_file(file.source);
    if (!content) return tl::unexpected(content.error());
    request.files.push_back({file.path, *content, file.mode});
    request.sources.push_back(file.source);
  }
  return request;
}

}  // namespace frontend
