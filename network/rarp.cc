#include "network/rarp.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>

#include <algorithm>

#include "sys/text.h"

namespace network {
namespace {

// Offsets of the fields (RFC 826, with Ethernet and IPv4 addresses); big-endian.
constexpr std::size_t at_hardware = 0, at_protocol = 2, at_hardware_size = 4, at_protocol_size = 5, at_operation = 6,
                      at_sender_mac = 8, at_sender_ip = 14, at_target_mac = 18, at_target_ip = 24, packet_size = 28;

void put(std::span<std::byte> out, std::size_t offset, std::size_t size, std::uint32_t value) {
  for (std::size_t i = size; i-- > 0; value >>= 8)
    out[offset + i] = static_cast<std::byte>(value & 0xff);
}

std::uint32_t get(std::span<const std::byte> in, std::size_t offset, std::size_t size) {
  std::uint32_t value = 0;
  for (std::byte byte : in.subspan(offset, size))
    value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

void put_mac(std::span<std::byte> out, std::size_t offset, const sys::Mac& mac) {
  std::transform(mac.begin(), mac.end(), out.begin() + static_cast<std::ptrdiff_t>(offset),
                 [](std::uint8_t byte) { return std::byte{byte}; });
}

sys::Mac get_mac(std::span<const std::byte> in, std::size_t offset) {
  sys::Mac mac{};
  std::transform(in.begin() + static_cast<std::ptrdiff_t>(offset),
                 in.begin() + static_cast<std::ptrdiff_t>(offset + mac.size()), mac.begin(),
                 [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return mac;
}

// What the first fields of every RARP packet for IPv4 over Ethernet say.
struct FixedField {
  std::size_t offset, size;
  std::uint32_t value;
  std::string_view name;
};
constexpr FixedField fixed_fields[] = {
    {at_hardware, 2, ARPHRD_ETHER, "hardware type"},
    {at_protocol, 2, ETH_P_IP, "protocol type"},
    {at_hardware_size, 1, ETH_ALEN, "hardware address size"},
    {at_protocol_size, 1, 4, "protocol address size"},
};

}  // namespace

std::vector<std::byte> encode(const RarpPacket& packet) {
  std::vector<std::byte> out(packet_size);
  for (const FixedField& field : fixed_fields)
    put(out, field.offset, field.size, field.value);
  put(out, at_operation, 2, static_cast<std::uint32_t>(packet.operation));
  put_mac(out, at_sender_mac, packet.sender_mac);
  put(out, at_sender_ip, 4, packet.sender_ip);
  put_mac(out, at_target_mac, packet.target_mac);
  put(out, at_target_ip, 4, packet.target_ip);
  return out;
}

sys::Result<RarpPacket> decode_rarp(std::span<const std::byte> payload) {
  if (payload.size() < packet_size) {
    return sys::refusal(sys::cat("RARP packet of ", payload.size(), " bytes, needs ", packet_size));
  }
  for (const FixedField& field : fixed_fields) {
    const std::uint32_t found = get(payload, field.offset, field.size);
    if (found != field.value) {
      return sys::refusal(sys::cat("RARP packet with ", field.name, " ", found, ", not ", field.value));
    }
  }
  const auto operation = static_cast<RarpOperation>(get(payload, at_operation, 2));
  if (operation != RarpOperation::request && operation != RarpOperation::reply) {
    return sys::refusal(sys::cat("RARP packet with operation ", get(payload, at_operation, 2)));
  }
  return RarpPacket{.operation = operation,
                    .sender_mac = get_mac(payload, at_sender_mac),
                    .sender_ip = get(payload, at_sender_ip, 4),
                    .target_mac = get_mac(payload, at_target_mac),
                    .target_ip = get(payload, at_target_ip, 4)};
}

}  // namespace network
