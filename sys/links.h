// Network links, addresses and routes (rtnetlink(7), through libmnl).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sys/loop.h"
#include "sys/result.h"

namespace sys {

using Mac = std::array<std::uint8_t, 6>;
std::string format_mac(const Mac& mac);  // "52:54:00:00:00:03"
Result<Mac> parse_mac(std::string_view text);

struct Link {
  int index = 0;
  std::string name;
  Mac mac{};
  bool ethernet = false;  // ARPHRD_ETHER
  bool loopback = false;
  bool up = false;       // administratively (IFF_UP)
  bool carrier = false;  // IFF_LOWER_UP
};

class Links {
 public:
  virtual ~Links() = default;
  virtual Result<std::vector<Link>> list() = 0;
  virtual Status set_up(int index) = 0;
  // Replaces an equal address. ip in host byte order; the broadcast address follows from both. Asking for 127.0.0.1
  // makes it what loopback needs.
  virtual Status add_address(int index, std::uint32_t ip, unsigned prefix) = 0;
  // Replaces the default route. The gateway is taken to be on the link, whatever the netmask says.
  virtual Status add_default_route(int index, std::uint32_t gateway) = 0;
  // A neighbour entry as if ARP had just found it (NUD_REACHABLE): nothing is asked first, and it ages as usual.
  virtual Status add_neighbour(int index, std::uint32_t ip, const Mac& mac) = 0;
  // Calls `handler` whenever a link appears, changes or goes. One watcher at a time; an empty handler ends it.
  // The loop outlives the watching.
  virtual Status on_change(Loop& loop, std::function<void()> handler) = 0;
};

// The real one.
Result<std::unique_ptr<Links>> make_links();

}  // namespace sys
