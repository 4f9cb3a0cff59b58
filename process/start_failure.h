// Why a program did not start, in words that help whoever typed its name.
#pragma once

#include <string>

#include "sys/result.h"

namespace process {

// `error`: what Spawner::start() reported for `program`.
sys::Error explain_start_failure(const std::string& program, const sys::Error& error);

}  // namespace process
