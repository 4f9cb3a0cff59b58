// What main() knows before anything else does.
#pragma once

#include <string>
#include <vector>

#include "nodeinit/base_system.h"
#include "sys/clock.h"

namespace node {

struct Life {
  sys::Instant birth;     // nodeinit's first instruction
  unsigned restarts = 0;  // times that the emergency path has re-executed it
  bool in_container = false;
  BaseAction proc;                     // how mounting /proc went
  std::vector<std::string> arguments;  // KEY=VALUE
};

}  // namespace node
