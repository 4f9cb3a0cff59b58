#include "frontend/common/current_directory.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace frontend {

sys::Result<std::string> find_current_directory() {
  std::error_code error;
  const auto path = std::filesystem::current_path(error);
  if (!error) return path.string();
  if (error.value() == ENOENT) return sys::refusal("the current directory is not there any more");
  return sys::failure(error.value(), "find the current directory");
}

std::string current_directory() { return find_current_directory().value_or("/"); }

}  // namespace frontend
