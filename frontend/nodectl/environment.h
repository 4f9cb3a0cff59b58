// The environment that a program gets on the nodes: the caller's own, as BProc passed it, with what --env adds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace frontend {

using Environment = std::vector<std::string>;  // "K=V"

// A later K replaces an earlier one.
Environment caller_environment(const std::vector<std::string>& additions);
Environment merge_environment(Environment base, const std::vector<std::string>& additions);
// Empty when there is no such variable. Valid while `environment` is.
std::string_view value_of(const Environment& environment, std::string_view name);

}  // namespace frontend
