// Addresses as text: the pure parts of sys/stream.h and sys/links.h.
#include <charconv>

#include "sys/links.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace sys {

std::string format_ip(std::uint32_t ip) {
  return cat(ip >> 24, '.', (ip >> 16) & 0xff, '.', (ip >> 8) & 0xff, '.', ip & 0xff);
}

std::string format_address(TcpAddress address) { return cat(format_ip(address.ip), ':', address.port); }

Result<std::uint32_t> parse_ip(std::string_view text) {
  const auto parts = split(text, '.');
  std::uint32_t ip = 0;
  bool good = parts.size() == 4;
  for (std::size_t i = 0; good && i < parts.size(); ++i) {
    // Some readers take 010 for 8: a leading zero is refused.
    const bool leading_zero = parts[i].size() > 1 && parts[i].front() == '0';
    const auto value = parse_number(parts[i], 0, 255);
    good = value && !leading_zero;
    if (good) ip = ip << 8 | static_cast<std::uint32_t>(*value);
  }
  if (!good) return refusal(cat("'", printable(text, 40), "' is not an IPv4 address such as 10.9.0.1"));
  return ip;
}

std::string format_mac(const Mac& mac) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::uint8_t byte : mac) {
    if (!text.empty()) text += ':';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

Result<Mac> parse_mac(std::string_view text) {
  const auto parts = split(text, ':');
  Mac mac{};
  bool good = parts.size() == mac.size();
  for (std::size_t i = 0; good && i < parts.size(); ++i) {
    const char* end = parts[i].data() + parts[i].size();
    good = parts[i].size() == 2 && std::from_chars(parts[i].data(), end, mac[i], 16).ptr == end;
  }
  if (!good) return refusal(cat("'", printable(text, 40), "' is not an Ethernet address such as 52:54:00:09:00:01"));
  return mac;
}

}  // namespace sys
