// Loads kernel modules with all that they need, out of /lib/modules/RELEASE of the image. Blocks while drivers look for
// their hardware, so it runs in a worker. A module that is missing or fails is reported; the others are loaded all the
// same.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sys/files.h"
#include "sys/machine.h"
#include "transport/messages.h"

namespace node {

struct ModuleReport {
  std::string name;  // as configured
  transport::Outcome outcome = transport::Outcome::done;
  std::string reason;  // of a failure; or what else was loaded for it
};

std::vector<ModuleReport> load_modules(sys::Files& files, sys::Machine& machine, const std::vector<std::string>& names);

// From the worker to PID 1.
std::string encode_reports(std::span<const ModuleReport> reports);
sys::Result<std::vector<ModuleReport>> decode_reports(std::span<const std::byte> bytes);

}  // namespace node
