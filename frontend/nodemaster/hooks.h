// The hooks that run on the front end for a node: the executable files of a directory, in the order of their names.
#pragma once

#include <string>
#include <vector>

#include "sys/files.h"
#include "sys/result.h"

namespace frontend {

struct Hooks {
  std::vector<std::string> paths;  // to be run
  std::vector<std::string> idle;   // names like 10-foo whose files are not executable: a mistake, most likely
};

// An empty `directory` has none. Hidden files and what editors and dpkg leave behind are no hooks.
sys::Result<Hooks> list_hooks(sys::Files& files, const std::string& directory);

}  // namespace frontend
