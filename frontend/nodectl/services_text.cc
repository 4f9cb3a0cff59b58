#include "frontend/nodectl/services_text.h"

#include <array>
#include <string_view>

#include "frontend/nodectl/json_text.h"
#include "frontend/nodectl/table.h"
#include "frontend/nodectl/time_text.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::ServicesReply;
using transport::ServiceStatus;

std::string_view state_of(const ServiceStatus& service) {
  static constexpr std::array<std::string_view, 4> names = {"starting", "running", "pausing", "ended"};
  return names.at(static_cast<std::size_t>(service.state));
}

TableRow row_of(const ServicesReply& node, const ServiceStatus& service) {
  return {sys::printable(node.name),           sys::printable(service.name),
          std::string(state_of(service)),      service.pid == 0 ? "-" : sys::cat(service.pid),
          sys::cat(service.restarts),          service.since_ns == 0 ? "-" : iso_time(service.since_ns),
          sys::printable(service.reason, 1024)};
}

Json json_of(const ServicesReply& node, const ServiceStatus& service) {
  return {{"node", node.node},
          {"name", node.name},
          {"service", service.name},
          {"state", state_of(service)},
          {"pid", service.pid == 0 ? Json() : Json(service.pid)},
          {"restarts", service.restarts},
          {"since", service.since_ns == 0 ? Json() : Json(iso_time(service.since_ns))},
          {"reason", service.reason}};
}

}  // namespace

std::string services_table(const std::vector<ServicesReply>& nodes) {
  std::vector<TableRow> rows = {{"NODE", "SERVICE", "STATE", "PID", "RESTARTS", "SINCE", "REASON"}};
  for (const ServicesReply& node : nodes)
    for (const ServiceStatus& service : node.services)
      rows.push_back(row_of(node, service));
  return format_table(rows);
}

std::string services_json(const std::vector<ServicesReply>& nodes) {
  Json all = Json::array();
  for (const ServicesReply& node : nodes)
    for (const ServiceStatus& service : node.services)
      all.push_back(json_of(node, service));
  return json_listing(all);
}

}  // namespace frontend
