#include "frontend/common/octal_mode.h"

namespace frontend {

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  std::uint32_t mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode * 8 + static_cast<std::uint32_t>(c - '0');
  }
  return mode <= 07777 ? std::optional(mode) : std::nullopt;
}

std::string format_mode(std::uint32_t mode) {
  std::string text;
  for (const int shift : {9, 6, 3, 0})
    text += static_cast<char>('0' + (mode >> shift & 7));
  return text;
}

}  // namespace frontend
