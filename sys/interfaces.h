// What a network interface is set to: address, MTU, routes (rtnetlink(7)). For networks beside the one that the node has
// booted from, which are set up by workers: these have none of PID 1's descriptors, so that every call opens a socket of its
// own. What booting needs is in sys/links.h.
#pragma once

#include <cstdint>
#include <vector>

#include "sys/links.h"
#include "sys/result.h"

namespace sys {

struct InterfaceAddress {
  std::uint32_t ip = 0;  // IPv4, host byte order
  unsigned prefix = 0;
  bool operator==(const InterfaceAddress&) const = default;
};
struct InterfaceRoute {
  std::uint32_t destination = 0;  // IPv4, host byte order; 0 with prefix 0: everything
  unsigned prefix = 0;
  std::uint32_t gateway = 0;
  bool operator==(const InterfaceRoute&) const = default;
};
struct InterfaceState {
  std::uint32_t mtu = 0;  // bytes
  std::vector<InterfaceAddress> addresses;
  std::vector<InterfaceRoute> routes;  // those of the main table that have a gateway
};

class Interfaces {
 public:
  virtual ~Interfaces() = default;
  virtual Result<std::vector<Link>> list() = 0;
  virtual Status set_up(int index) = 0;
  virtual Result<InterfaceState> state(int index) = 0;
  virtual Status set_mtu(int index, std::uint32_t mtu) = 0;
  // As Links::add_address().
  virtual Status add_address(int index, const InterfaceAddress& address) = 0;
  virtual Status remove_address(int index, const InterfaceAddress& address) = 0;
  // Replaces what leads to the same destination, on whatever interface. The gateway must be within reach of the
  // interface's own addresses (ENETUNREACH).
  virtual Status set_route(int index, const InterfaceRoute& route) = 0;
};

class KernelInterfaces final : public Interfaces {
 public:
  Result<std::vector<Link>> list() override;
  Status set_up(int index) override;
  Result<InterfaceState> state(int index) override;
  Status set_mtu(int index, std::uint32_t mtu) override;
  Status add_address(int index, const InterfaceAddress& address) override;
  Status remove_address(int index, const InterfaceAddress& address) override;
  Status set_route(int index, const InterfaceRoute& route) override;
};

}  // namespace sys
