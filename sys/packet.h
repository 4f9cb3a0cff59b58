// Raw link-layer frames of one protocol on one interface (packet(7)): what RARP needs on both of its ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sys/links.h"
#include "sys/result.h"

namespace sys {

constexpr std::uint16_t protocol_rarp = 0x8035;  // RFC 903
inline constexpr Mac broadcast_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

class PacketSocket {
 public:
  virtual ~PacketSocket() = default;
  struct Received {
    std::size_t size = 0;  // bytes of payload, cut to the buffer
    Mac from{};
  };
  // Payload without the Ethernet header; EAGAIN when nothing waits; ENETDOWN once when the interface has gone down, or
  // was down when the socket was opened: the socket goes on when it is up again.
  virtual Result<Received> receive(std::span<std::byte> into) = 0;
  virtual Status send(const Mac& to, std::span<const std::byte> payload) = 0;
  virtual int fd() const = 0;
};

class Packets {
 public:
  virtual ~Packets() = default;
  virtual Result<std::unique_ptr<PacketSocket>> open(int interface_index, std::uint16_t protocol) = 0;
};

class KernelPackets final : public Packets {
 public:
  Result<std::unique_ptr<PacketSocket>> open(int interface_index, std::uint16_t protocol) override;
};

}  // namespace sys
