// Where the caller's links lead in what was typed.
#pragma once

#include <string>

namespace frontend {

// `path` (absolute) without links, as far as there is something. Where that cannot be said: `path`.
std::string real_path(const std::string& path);

}  // namespace frontend
