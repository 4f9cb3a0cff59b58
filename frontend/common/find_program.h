// Which file a command's name stands for, as a shell would have it.
#pragma once

#include <string>
#include <string_view>

#include "sys/result.h"

namespace frontend {

// Where commands are looked for when nobody says: $PATH is not set.
inline constexpr char default_search_path[] = "/usr/local/bin:/usr/bin:/bin";

// A name with a slash is a path seen from `directory`, whether it exists or not; any other is looked for in the
// directories of `search_path` ($PATH; an empty one among them is `directory`). The result is absolute and clean.
// ENOENT: not found; EACCES: found, but nothing that may be executed.
sys::Result<std::string> find_program(std::string_view name, std::string_view directory, std::string_view search_path);

}  // namespace frontend
