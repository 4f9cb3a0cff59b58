// Environments as lists of "NAME=VALUE": a program on the nodes gets the caller's own, as BProc passed it, with what --env
// sets in it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace frontend {

using Environment = std::vector<std::string>;

// A later NAME replaces an earlier one.
Environment merge_environment(Environment base, const std::vector<std::string>& additions);
// Nothing when there is no such variable. Valid while `environment` is.
std::optional<std::string_view> value_of(const Environment& environment, std::string_view name);
// Bytes, as execve(2) counts them.
std::size_t size_of(const Environment& environment);

}  // namespace frontend
