#include "frontend/nodectl/contact_news.h"

#include <utility>
#include <vector>

#include "frontend/common/node_set.h"
#include "sys/text.h"

namespace frontend {
namespace {

using Nodes = std::vector<transport::NodeNumber>;

std::string name_of(const Nodes& nodes) {
  return sys::cat(nodes.size() == 1 ? "node " : "nodes ", format_node_set(nodes));
}

}  // namespace

void ContactNews::on_away(transport::NodeNumber node, const std::string& reason) {
  away_[node] = reason;
  if (!tell_.pending()) tell_.set(moment, [this] { tell(); });
}

void ContactNews::on_back(transport::NodeNumber node) {
  away_.erase(node);
  if (told_.contains(node) && !tell_.pending()) tell_.set(moment, [this] { tell(); });
}

void ContactNews::on_over(transport::NodeNumber node) {
  away_.erase(node);
  told_.erase(node);
}

void ContactNews::tell() {
  std::map<std::string, Nodes> lost;  // by reason
  for (const auto& [node, reason] : away_)
    if (told_.insert(node).second) lost[reason].push_back(node);
  for (const auto& [reason, nodes] : lost)
    say_(sys::cat("no contact with ", name_of(nodes), " (", reason, "); what runs there may go on"));
  Nodes back;
  for (const transport::NodeNumber node : told_)
    if (!away_.contains(node)) back.push_back(node);
  for (const transport::NodeNumber node : back)
    told_.erase(node);
  if (!back.empty()) say_(sys::cat("contact with ", name_of(back), " again"));
}

}  // namespace frontend
