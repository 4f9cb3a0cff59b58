// Where a command was called: what relative paths begin at, and where programs on nodes start.
#pragma once

#include <string>

#include "sys/result.h"

namespace frontend {

// An error when it cannot be said: it has been removed, say.
sys::Result<std::string> find_current_directory();
// "/" then: for what may as well start there. What writes to relative paths may not.
std::string current_directory();

}  // namespace frontend
