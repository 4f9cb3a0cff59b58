// RARP packets (RFC 903): the 28 bytes after the Ethernet header, for both ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sys/links.h"
#include "sys/result.h"

namespace network {

enum class RarpOperation : std::uint16_t { request = 3, reply = 4 };

struct RarpPacket {
  RarpOperation operation = RarpOperation::request;
  sys::Mac sender_mac{};
  std::uint32_t sender_ip = 0;  // host byte order; of a reply: the server's
  sys::Mac target_mac{};        // who wants an address
  std::uint32_t target_ip = 0;  // of a reply: the address
};

std::vector<std::byte> encode(const RarpPacket& packet);
// Longer packets are accepted (Ethernet pads); anything but Ethernet/IPv4 RARP is refused with the reason.
sys::Result<RarpPacket> decode_rarp(std::span<const std::byte> payload);

}  // namespace network
