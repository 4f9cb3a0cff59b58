#include "frontend/nodemaster/unknown_nodes.h"

#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {

void UnknownNodes::forget_old() {
  const sys::Instant now = clock_.now();
  std::erase_if(reports_, [&](const auto& entry) { return now - entry.second.at >= interval; });
}

void UnknownNodes::report(const sys::Mac& mac, std::string_view deed) {
  forget_old();
  if (reports_.contains(mac) || reports_.size() == max_reports) return;
  const auto place = static_cast<std::uint32_t>(reports_.size());
  reports_.emplace(mac, Report{clock_.now(), place});
  log_.warning("unknown node ", sys::format_mac(mac), " ", deed, "; to make it a node, add to cluster.toml:");
  suggest(mac, place);
  if (reports_.size() == max_reports) {
    log_.warning("there are ", max_reports, " unknown nodes; further ones are not reported for a while");
  }
}

// Lines that begin with a blank are written without a time stamp (stderr_log.h): ready to paste.
void UnknownNodes::suggest(const sys::Mac& mac, std::uint32_t place) {
  const NodeEntry next = table_.next_free();
  log_.warning(" [[nodes]]");
  log_.warning(" node = ", next.number + place);
  log_.warning(" mac = \"", sys::format_mac(mac), "\"");
  if (next.address == 0) {
    log_.warning(" address = \"\"  # of your choice");
  } else {
    log_.warning(" address = \"", sys::format_ip(next.address + place), "\"");
  }
}

}  // namespace frontend
