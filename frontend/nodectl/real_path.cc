#include "frontend/nodectl/real_path.h"

#include <filesystem>
#include <system_error>

namespace frontend {

std::string real_path(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

}  // namespace frontend
