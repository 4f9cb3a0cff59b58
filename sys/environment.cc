#include "sys/environment.h"

#include <unistd.h>

namespace sys {

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    variables.push_back(*variable);
  return variables;
}

}  // namespace sys
