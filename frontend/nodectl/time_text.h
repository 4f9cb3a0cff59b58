// Times as people and JSON want them.
#pragma once

#include <cstdint>
#include <string>

namespace frontend {

// "2026-03-01T12:00:05Z"; empty for 0.
std::string iso_time(std::uint64_t wall_ns);
// How long ago: "12s", "5m03s", "2h10m", "3d4h".
std::string age(std::uint64_t since_ns, std::uint64_t now_ns);
// "850us", "12.3ms", "1.25s", "3m05s".
std::string duration(std::uint64_t us);

}  // namespace frontend
