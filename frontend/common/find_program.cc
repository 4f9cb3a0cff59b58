#include "frontend/common/find_program.h"

#include <cerrno>
#include <filesystem>

#include "frontend/common/lexical_path.h"
#include "sys/environment.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

// ".." leads to the parent of where a link leads to: only the disk knows.
std::string without_dot_dot(std::string_view directory, std::string_view name) {
  const std::filesystem::path path = std::filesystem::path(directory) / name;
  std::error_code error;
  const auto parent = std::filesystem::canonical(path.parent_path(), error);
  return error ? absolute_path(directory, name) : absolute_path(parent.string(), path.filename().string());
}

bool has_dot_dot(std::string_view name) {
  for (std::string_view part : sys::split(name, '/')) {
    if (part == "..") return true;
  }
  return false;
}

}  // namespace

sys::Result<std::string> find_program(std::string_view name, std::string_view directory, std::string_view search_path) {
  if (name.find('/') != name.npos) {
    return has_dot_dot(name) ? without_dot_dot(directory, name) : absolute_path(directory, name);
  }
  bool seen = false;
  for (std::string_view entry : sys::split(search_path, ':')) {
    std::error_code error;
    const std::string candidate = absolute_path(absolute_path(directory, entry), name);
    if (name.empty() || !std::filesystem::is_regular_file(candidate, error)) continue;
    if (sys::may_execute(candidate)) return candidate;
    seen = true;
  }
  return sys::failure(seen ? EACCES : ENOENT, sys::cat("find '", sys::printable(name), "' in $PATH"));
}

}  // namespace frontend
