#include "frontend/common/node_set.h"

#include <algorithm>

#include "frontend/common/node_state.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;

constexpr std::size_t max_set_text = 16 << 10;  // bytes

std::optional<NodeNumber> parse_node_number(std::string_view text) {
  const auto number = sys::parse_number(text, 0, max_node_number);
  if (!number) return std::nullopt;
  return static_cast<NodeNumber>(*number);
}

bool is_name(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), good);
}

sys::Status parse_item(std::string_view item, NodeSet& set) {
  if (item == "all") {
    set.all = true;
  } else if (const auto state = parse_state(item)) {
    if (std::find(set.states.begin(), set.states.end(), *state) == set.states.end()) set.states.push_back(*state);
  } else if (const auto range = parse_node_range(item)) {
    set.ranges.push_back(*range);
  } else if (item.empty()) {
    return sys::refusal("empty item in a node set; write it like 0-3,7 or all");
  } else if (const bool starts_with_digit = item.front() >= '0' && item.front() <= '9';
             starts_with_digit || !is_name(item)) {
    return sys::refusal(
        sys::cat("bad item '", sys::printable(item, 64), "' in a node set; write it like 0-3,7 or all"));
  } else {
    set.names.emplace_back(item);
  }
  return {};
}

// The same numbers as ranges in ascending order that neither overlap nor touch: text may repeat a range as often as it
// likes, and it must not cost more than to say it once.
std::vector<NodeRange> unite(std::vector<NodeRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](NodeRange a, NodeRange b) { return a.first < b.first; });
  std::vector<NodeRange> united;
  for (const NodeRange range : ranges) {
    if (united.empty() || range.first > united.back().last + 1) {
      united.push_back(range);
    } else {
      united.back().last = std::max(united.back().last, range.last);
    }
  }
  return united;
}

sys::Status add_range(NodeRange range, const NodeDirectory& directory, std::vector<NodeNumber>& chosen) {
  for (NodeNumber node = range.first; node <= range.last; ++node) {
    if (!directory.state_of(node)) return sys::refusal(sys::cat("there is no node ", node));
    chosen.push_back(node);
  }
  return {};
}

// A node's own name goes before the habit that n5 is node 5.
sys::Status add_name(const std::string& name, const NodeDirectory& directory, std::vector<NodeNumber>& chosen) {
  auto node = directory.named(name);
  if (!node && name.front() == 'n') node = parse_node_number(std::string_view(name).substr(1));
  if (!node || !directory.state_of(*node)) return sys::refusal(sys::cat("there is no node ", name));
  chosen.push_back(*node);
  return {};
}

void add_states(const NodeSet& set, const NodeDirectory& directory, std::vector<NodeNumber>& chosen) {
  for (const NodeNumber node : directory.numbers()) {
    const auto state = directory.state_of(node);
    const bool in_state = state && std::find(set.states.begin(), set.states.end(), *state) != set.states.end();
    if (set.all || in_state) chosen.push_back(node);
  }
}

}  // namespace

std::optional<NodeRange> parse_node_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_node_number(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_node_number(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return NodeRange{*first, *last};
}

sys::Result<NodeSet> parse_node_set(std::string_view text) {
  if (text.size() > max_set_text) return sys::refusal("the node set is too long; use ranges like 0-1022");
  NodeSet set;
  for (const std::string_view item : sys::split(text, ',')) {
    if (auto status = parse_item(sys::trim(item), set); !status) return tl::make_unexpected(status.error());
  }
  return set;
}

sys::Result<std::vector<NodeNumber>> resolve(const NodeSet& set, const NodeDirectory& directory) {
  std::vector<NodeNumber> chosen;
  for (const NodeRange range : unite(set.ranges)) {
    if (auto status = add_range(range, directory, chosen); !status) return tl::make_unexpected(status.error());
  }
  for (const std::string& name : set.names) {
    if (auto status = add_name(name, directory, chosen); !status) return tl::make_unexpected(status.error());
  }
  if (set.all || !set.states.empty()) add_states(set, directory, chosen);
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

std::string format_node_set(const std::vector<NodeNumber>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1)
      ++end;
    if (!text.empty()) text += ',';
    text += sys::cat(numbers[i]);
    if (end - i > 1) text += sys::cat('-', numbers[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace frontend
