// Modes as people write and read them: "0644".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace frontend {

// Up to five octal digits, at most 07777.
std::optional<std::uint32_t> parse_mode(std::string_view text);
// Four digits.
std::string format_mode(std::uint32_t mode);

}  // namespace frontend
