// Patterns of paths (glob(7)), expanded on this machine's disk.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace frontend {

// Whether there is a "*", a "?" or a "[" in it.
bool has_wildcards(std::string_view text);

// The paths that match a pattern, which is absolute and clean, sorted. A name that begins with a dot is matched by a dot only; "**" is
// no more than "*". Refused, naming the pattern: nothing matches, or more than `limit` paths do on the way; a
// directory that cannot be read. Blocks.
sys::Result<std::vector<std::string>> expand_glob(const std::string& pattern, std::size_t limit);

}  // namespace frontend
