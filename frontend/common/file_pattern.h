// Names of files as a plan's author writes them: with *, ? and [...] of glob(7), in any component.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sys/files.h"
#include "sys/result.h"

namespace frontend {

constexpr std::size_t max_matches = 16384;

bool has_wildcards(std::string_view pattern);
// fnmatch(3) with FNM_PERIOD: a leading dot has to be written.
bool matches(const std::string& pattern, const std::string& name);
// What there is, sorted; refused when there is nothing, or more than max_matches. `pattern` is absolute.
sys::Result<std::vector<std::string>> expand_pattern(sys::Files& files, const std::string& pattern);

}  // namespace frontend
