#include "network/prefix.h"

namespace network {

std::uint32_t netmask(unsigned prefix) { return prefix == 0 ? 0 : 0xffffffffu << (32 - prefix); }

unsigned class_prefix(std::uint32_t address) {
  if (address >> 31 == 0b0) return 8;
  if (address >> 30 == 0b10) return 16;
  return 24;
}

bool same_network(std::uint32_t a, std::uint32_t b, unsigned prefix) { return ((a ^ b) & netmask(prefix)) == 0; }

bool is_unicast(std::uint32_t address) {
  const std::uint32_t first = address >> 24;
  return first != 0 && first != 127 && first < 224;
}

bool is_host(std::uint32_t address, unsigned prefix) {
  if (prefix >= 31) return true;  // RFC 3021
  const std::uint32_t host = address & ~netmask(prefix);
  return host != 0 && host != ~netmask(prefix);
}

}  // namespace network
