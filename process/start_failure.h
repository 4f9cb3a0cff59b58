// Why a process did not start, as it is told to whoever asked for it.
#pragma once

#include <string>

#include "sys/result.h"

namespace process {

struct StartFailure {
  int code = 0;  // errno; never 0
  std::string reason;
};

// A failed exec is explained in words that help whoever typed the program's name; other errors speak for themselves.
StartFailure explain(const std::string& program, const sys::Error& error);

}  // namespace process
