// Brings the network up until an address is found: all candidate links up, all asked at once, the first good
// answer wins, the others are noted. Methods are rows of one table (methods.cc), so that DHCP is one more. It never
// gives up, and logs at a rate that a thousand consoles can bear why there is no address yet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sys/backoff.h"
#include "sys/links.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/packet.h"

namespace network {

enum class Method { rarp, fixed };  // fixed: "static" in configurations

struct DiscoveryOptions {
  Method method = Method::rarp;
  std::vector<std::string> interfaces;  // empty: every Ethernet link
  std::uint32_t address = 0;            // fixed
  unsigned prefix = 0;                  // 0: from the class of the address (RFC 791), as RARP knows no netmask
  std::uint32_t gateway = 0;            // 0: the front end
  std::uint32_t front_end = 0;          // 0: whoever answered (RARP)
  sys::BackoffPolicy backoff;
};

struct Found {
  sys::Link link;
  std::uint32_t address = 0;
  unsigned prefix = 0;
  std::uint32_t gateway = 0;
  std::uint32_t front_end = 0;
  std::uint32_t requests = 0;       // sent on all links until then
  std::vector<std::string> others;  // "rarp answer from 10.9.0.2 on eth1 ignored: ..."
};

class Discovery {
 public:
  Discovery(sys::Loop& loop, sys::Links& links, sys::Packets& packets, sys::Log& log,
            std::function<std::uint64_t()> random, DiscoveryOptions options);
  ~Discovery();
  // Loopback and links come up; `found` is called once, when address, netmask, broadcast, default route and the
  // server's neighbour entry are set.
  void start(std::function<void(const Found&)> found);
  std::string trouble() const;  // why there is no address yet, in words

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace network
