// Node sets as people write them, the habit of BProc and Slurm: "0-3,7", "n5", "all", "up", "down,error".
//
//   set   = item { "," item }
//   item  = number | number "-" number | name | "n" number | "all" | state
//
// A set is parsed first and resolved later, because what "up" means depends on when one asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

constexpr transport::NodeNumber max_node_number = 65535;

struct NodeRange {
  transport::NodeNumber first = 0;
  transport::NodeNumber last = 0;  // included
};

struct NodeSet {
  bool all = false;
  std::vector<transport::NodeState> states;
  std::vector<NodeRange> ranges;
  std::vector<std::string> names;
};

// What a set's words refer to.
class NodeDirectory {
 public:
  virtual ~NodeDirectory() = default;
  virtual std::vector<transport::NodeNumber> numbers() const = 0;  // ascending
  // Nothing when there is no such node.
  virtual std::optional<transport::NodeState> state_of(transport::NodeNumber node) const = 0;
  virtual std::optional<transport::NodeNumber> named(std::string_view name) const = 0;
};

// "5" or "0-15", nothing else.
std::optional<NodeRange> parse_node_range(std::string_view text);

sys::Result<NodeSet> parse_node_set(std::string_view text);

// The nodes of the set, ascending, each once. A number or a name that no node has is refused; a state that no
// node is in gives no node and is no error. It looks at each node at most once for all ranges, once for all states, and
// once for each name, however often the text repeats them.
sys::Result<std::vector<transport::NodeNumber>> resolve(const NodeSet& set, const NodeDirectory& directory);

// "0-3,7" for 0, 1, 2, 3, 7. Numbers ascending.
std::string format_node_set(const std::vector<transport::NodeNumber>& numbers);

}  // namespace frontend
