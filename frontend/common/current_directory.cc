#include "frontend/common/current_directory.h"

#include <filesystem>
#include <system_error>

namespace frontend {

std::string current_directory() {
  std::error_code error;
  const auto path = std::filesystem::current_path(error);
  return error ? "/" : path.string();
}

}  // namespace frontend
