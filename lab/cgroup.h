// The cgroups that a machine has as its own.
#pragma once

#include <string>

#include "sys/result.h"

namespace lab {

// Makes the cgroup DIRECTORY/machine, which nothing of a former life of the machine is in any more, and makes it the
// root of cgroups for this process and all that it starts. `directory` hands its controllers on, so it can hold no
// process itself.
sys::Status enter_cgroup(const std::string& directory);

}  // namespace lab
