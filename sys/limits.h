// What the kernel lets this process have (getrlimit(2)).
#pragma once

#include <cstdint>

#include "sys/result.h"

namespace sys {

// Raises the number of open descriptors to as many as are allowed, at most `wanted`; returns how many that is.
Result<std::uint64_t> raise_open_files(std::uint64_t wanted);

}  // namespace sys
