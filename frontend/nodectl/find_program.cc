#include "frontend/nodectl/find_program.h"

#include <cerrno>
#include <filesystem>

#include "frontend/common/lexical_path.h"
#include "sys/text.h"

namespace frontend {
namespace {

enum class Found { nothing, not_executable, program };

Found look_at(const std::string& path) {
  using std::filesystem::perms;
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || !std::filesystem::is_regular_file(status)) return Found::nothing;
  const perms execute = perms::owner_exec | perms::group_exec | perms::others_exec;
  return (status.permissions() & execute) == perms::none ? Found::not_executable : Found::program;
}

}  // namespace

sys::Result<std::string> find_program(std::string_view name, std::string_view directory, std::string_view path) {
  if (name.find('/') != name.npos) return absolute_path(directory, name);
  bool seen = false;
  for (std::string_view entry : sys::split(path, ':')) {
    const std::string candidate = absolute_path(absolute_path(directory, entry), name);
    const Found found = name.empty() ? Found::nothing : look_at(candidate);
    if (found == Found::program) return candidate;
    seen = seen || found == Found::not_executable;
  }
  return sys::failure(seen ? EACCES : ENOENT, sys::cat(sys::printable(name), ": looked for in $PATH"));
}

}  // namespace frontend
