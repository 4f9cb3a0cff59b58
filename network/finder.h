// One way of finding an address, at work on all candidate links: what a row of the method table makes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "network/candidates.h"
#include "network/discovery.h"

namespace network {

struct Answer {
  sys::Link link;
  std::uint32_t address = 0;
  unsigned prefix = 0;        // 0: it does not say
  std::uint32_t gateway = 0;  // 0: it does not say
  std::uint32_t server = 0;   // who answered; 0: nobody was asked
  sys::Mac server_mac{};
  std::string origin;  // "rarp answer from 10.9.0.1 on eth0"
};

class Finder {
 public:
  virtual ~Finder() = default;
  // Asks once on every candidate that can carry it, and notes in the others why not. Returns what is known without
  // asking; answers of others come through FinderParts::answered.
  virtual std::vector<Answer> ask(std::vector<Candidate>& candidates) = 0;
  virtual std::uint32_t requests() const = 0;
  // Why there is no address yet; `names` are the candidates'.
  virtual std::string trouble(const std::string& names) const = 0;
};

struct FinderParts {
  sys::Loop& loop;
  sys::Packets& packets;
  sys::Log& log;
  const DiscoveryOptions& options;
  // From the loop, never from inside ask(). Those that had arrived on any link by then, the earliest first.
  std::function<void(std::vector<Answer>)> answered;
};

std::unique_ptr<Finder> make_finder(Method method, FinderParts parts);

// The rows of the table.
std::unique_ptr<Finder> make_rarp_finder(FinderParts parts);
std::unique_ptr<Finder> make_fixed_finder(FinderParts parts);

}  // namespace network
