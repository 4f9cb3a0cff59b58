// Limits of a job as they are typed at `nodectl run`, and what is said when one has been hit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/messages.h"

namespace frontend {

// "64M", "2g", "1048576": bytes, at least one; nothing on anything else.
std::optional<std::uint64_t> parse_memory(std::string_view text);
// Whether it is a list of processors as the kernel takes it: "0-3,7".
bool is_cpu_list(std::string_view text);

// This process's own resource limits, all of them.
std::vector<transport::LimitEntry> own_limits();

// One sentence for each limit that `hit` (of a RunEnd) names. `limits`: what was asked for.
std::string words_for_memory(std::uint8_t hit, const transport::JobLimits& limits);
std::string words_for_pids(std::uint8_t hit, const transport::JobLimits& limits);

}  // namespace frontend
