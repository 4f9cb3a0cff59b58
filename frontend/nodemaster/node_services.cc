#include "frontend/nodemaster/node_services.h"

#include <algorithm>

#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_text = 512;  // bytes

bool has_ended(const transport::ServiceStatus& status) { return status.state == transport::ServiceState::ended; }

}  // namespace

// One that has ended may be one that no plan has any more.
bool NodeServices::make_room(Services& services) {
  if (services.size() < max_services) return true;
  const auto ended =
      std::find_if(services.begin(), services.end(), [](const auto& entry) { return has_ended(entry.second); });
  if (ended == services.end()) return false;
  services.erase(ended);
  return true;
}

bool NodeServices::set(transport::NodeNumber node, const transport::ServiceStatus& status) {
  Services& services = nodes_[node];
  const std::string name = sys::printable(status.name);
  if (!services.contains(name) && !make_room(services)) return false;
  transport::ServiceStatus& kept = services[name];
  kept = status;
  kept.name = name;
  kept.reason = sys::printable(status.reason, max_text);
  return true;
}

std::vector<transport::ServiceStatus> NodeServices::of(transport::NodeNumber node) const {
  std::vector<transport::ServiceStatus> list;
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return list;
  for (const auto& [name, status] : found->second)
    list.push_back(status);
  return list;
}

}  // namespace frontend
