#include "sys/environment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace sys {

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    variables.push_back(*variable);
  return variables;
}

// It can only be read by setting it.
std::uint32_t creation_mask() {
  const mode_t mask = ::umask(077);
  ::umask(mask);
  return mask;
}

bool may_execute(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

}  // namespace sys
