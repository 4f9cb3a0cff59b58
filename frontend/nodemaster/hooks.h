// The hooks that run on the front end for a node: the executable files of a directory, in the order of their names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sys/files.h"
#include "sys/result.h"

namespace frontend {

struct Hooks {
  std::vector<std::string> paths;  // to be run
  struct Fault {
    std::string name;
    std::string reason;
  };
  std::vector<std::string> idle;  // names like 10-foo whose files are not executable: a mistake, most likely
};

// An empty `directory` has none. Hidden files and what editors and dpkg leave behind are no hooks.
sys::Result<Hooks> list_hooks(sys::Files& files, const std::string& directory);

// The scripts among them whose interpreter ("#!") is not there: they cannot be run. Reads them.
std::vector<Hooks::Fault> find_faults(sys::Files& files, const Hooks& hooks);

// When a hook runs: the node has carried out its plan, or has gone.
enum class HookEvent : std::uint8_t { node_up, node_down };
// "node_up".
std::string_view name_of(HookEvent event);

}  // namespace frontend
