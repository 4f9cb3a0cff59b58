// Where a command was called: what relative paths begin at, and where programs on nodes start.
#pragma once

#include <string>

namespace frontend {

// "/" where it cannot be said.
std::string current_directory();

}  // namespace frontend
