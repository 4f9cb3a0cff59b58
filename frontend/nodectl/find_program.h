// Which file a command's name stands for, as the caller's shell would have it.
#pragma once

#include <string>
#include <string_view>

#include "sys/result.h"

namespace frontend {

// A name with a slash is a path seen from `directory`; any other is looked for in the directories of `path` ($PATH). The
// result is absolute. ENOENT: not found; EACCES: found, but nothing that may be executed.
sys::Result<std::string> find_program(std::string_view name, std::string_view directory, std::string_view path);

}  // namespace frontend
