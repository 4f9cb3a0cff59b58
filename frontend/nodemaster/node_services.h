// The services of the nodes, as the nodes tell it (ServiceReport): after every change, and all of them when they join. What
// is known of a node goes with its connection: only the node knows what became of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "transport/messages.h"

namespace frontend {

class NodeServices {
 public:
  static constexpr std::size_t max_services = 256;  // of a node; a reply holds no more

  // False when the node has too many, and this one is not taken.
  bool set(transport::NodeNumber node, const transport::ServiceStatus& status);
  void forget(transport::NodeNumber node) { nodes_.erase(node); }
  // By name; none of a node that is not known.
  std::vector<transport::ServiceStatus> of(transport::NodeNumber node) const;

 private:
  using Services = std::map<std::string, transport::ServiceStatus>;
  static bool make_room(Services& services);

  std::map<transport::NodeNumber, Services> nodes_;
};

}  // namespace frontend
