// Says in the log which MACs nobody has configured, each once per interval and not too many at all, with the lines that
// would add them to cluster.toml.
#pragma once

#include <map>
#include <string_view>

#include "frontend/nodemaster/node_table.h"
#include "sys/links.h"
#include "sys/log.h"

namespace frontend {

class UnknownNodes {
 public:
  static constexpr sys::Duration interval = std::chrono::minutes(10);
  static constexpr std::size_t max_reports = 64;  // per interval: whoever makes MACs up does not fill the log

  UnknownNodes(sys::Clock& clock, sys::Log& log, const NodeTable& table) : clock_(clock), log_(log), table_(table) {}

  // `deed`: "asks for an address on br0".
  void report(const sys::Mac& mac, std::string_view deed);

 private:
  struct Report {
    sys::Instant at;
    std::uint32_t place = 0;  // counts suggestions, so that no two of them are the same
  };
  void forget_old();
  void suggest(const sys::Mac& mac, std::uint32_t place);

  sys::Clock& clock_;
  sys::Log& log_;
  const NodeTable& table_;
  std::map<sys::Mac, Report> reports_;
};

}  // namespace frontend
