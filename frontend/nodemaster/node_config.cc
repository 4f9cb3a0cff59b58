// [[nodes]]: one table names a single node, or a range whose MACs and addresses count up.
#include <algorithm>
#include <map>

#include "frontend/common/node_set.h"
#include "frontend/nodemaster/config_readers.h"
#include "sys/accounts.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

std::uint64_t as_number(const sys::Mac& mac) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : mac)
    number = number << 8 | byte;
  return number;
}

sys::Mac add(const sys::Mac& mac, std::uint64_t offset) {
  std::uint64_t number = as_number(mac) + offset;
  sys::Mac sum;
  for (auto byte = sum.rbegin(); byte != sum.rend(); ++byte, number >>= 8)
    *byte = static_cast<std::uint8_t>(number);
  return sum;
}

// "n{node}" for node 3: "n3".
std::string node_name(std::string pattern, transport::NodeNumber number) {
  constexpr std::string_view mark = "{node}";
  if (const auto at = pattern.find(mark); at != pattern.npos) pattern.replace(at, mark.size(), sys::cat(number));
  return pattern;
}

// A user or group by its name or its number.
template <class Find> void read_account(TableReader& reader, std::string_view key, Find find, std::uint32_t& id) {
  if (!reader.has(key)) return;
  const std::string name = reader.text(key);
  const auto found = find(name);
  if (!found) return reader.error(key, found.error().text());
  if (!*found) return reader.error(key, sys::cat("there is no ", key, " '", sys::printable(name, 64), "'"));
  id = **found;
}

NodeRights read_rights(TableReader& reader, NodeRights rights) {
  read_account(reader, "owner", sys::find_user_or_id, rights.owner);
  read_account(reader, "group", sys::find_group_or_id, rights.group);
  rights.mode = reader.mode("mode", rights.mode);
  if ((rights.mode & ~execute_bits) != 0) reader.warn("mode", "only the execute bits (0111) count");
  rights.mode &= execute_bits;
  return rights;
}

class NodeReader {
 public:
  NodeReader(const std::string& file, std::uint32_t front_end, const NodeRights& usual, Problems& problems)
      : file_(file), usual_(usual), problems_(problems) {
    addresses_.emplace(front_end, "the front end");
  }

  void read(const TomlTable& table, unsigned line) {
    TableReader reader(table, line, file_, "[[nodes]]", problems_);
    const auto range = read_range(reader);
    reader.require("mac");
    reader.require("address");
    const auto mac = reader.mac("mac");
    const std::uint32_t address = reader.address("address");
    const std::string pattern = reader.text("name", "n{node}");
    const NodeRights rights = read_rights(reader, usual_);
    reader.finish();
    if (!range || !mac || address == 0) return;
    const std::uint32_t count = range->last - range->first;
    if ((as_number(*mac) + count) >> 24 != as_number(*mac) >> 24) {
      return reader.error("mac", "the range runs over the end of the maker's block of addresses");
    }
    if (((address + count) ^ address) >> 24) return reader.error("address", "the range runs out of its network");
    if (count > 0 && pattern.find("{node}") == pattern.npos) {
      return reader.error("name", "a range needs {node} in the name, or all nodes are called the same");
    }
    // One clash speaks for the whole range.
    bool good = true;
    for (std::uint32_t i = 0; good && i <= count; ++i) {
      const transport::NodeNumber number = range->first + i;
      good = add_node({number, node_name(pattern, number), add(*mac, i), address + i, rights}, reader);
    }
  }

  std::size_t count() const { return nodes_.size(); }
  std::vector<NodeEntry> take() {
    std::sort(nodes_.begin(), nodes_.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    return std::move(nodes_);
  }

 private:
  std::optional<NodeRange> read_range(TableReader& reader) {
    if (reader.has("node") == reader.has("range")) {
      problems_.error(file_, reader.line(), "[[nodes]] needs either 'node' or 'range'");
    }
    const std::string text = reader.text("range");
    const auto number = static_cast<transport::NodeNumber>(reader.number("node", 0, max_node_number, 0));
    if (reader.has("node")) return NodeRange{number, number};
    const auto range = parse_node_range(text);
    if (reader.has("range") && !range) {
      reader.error("range", sys::cat("\"", sys::printable(text), "\" is no range; write it like \"0-15\", at most ",
                                     max_node_number));
    }
    return range;
  }

  bool add_node(const NodeEntry& node, TableReader& reader) {
    if (!is_host_name(node.name)) {
      reader.error("name", sys::cat("\"", sys::printable(node.name), "\" is no host name"));
      return false;
    }
    const std::string owner = sys::cat("node ", node.number);
    const auto claim = [&](auto& owners, const auto& value, std::string_view key, std::string_view shown) {
      const auto [first, free] = owners.emplace(value, owner);
      if (!free) {
        reader.error(key, sys::cat(owner, " would be the second with ", shown, "; ", first->second, " has it"));
      }
      return free ? 0 : 1;
    };
    int clashes = claim(numbers_, node.number, reader.has("node") ? "node" : "range", "that number");
    clashes += claim(names_, node.name, "name", node.name);
    clashes += claim(macs_, node.mac, "mac", sys::format_mac(node.mac));
    clashes += claim(addresses_, node.address, "address", sys::format_ip(node.address));
    if (clashes == 0) nodes_.push_back(node);
    return clashes == 0;
  }

  const std::string& file_;
  const NodeRights usual_;
  Problems& problems_;
  std::vector<NodeEntry> nodes_;
  std::map<transport::NodeNumber, std::string> numbers_;
  std::map<std::string, std::string> names_;
  std::map<sys::Mac, std::string> macs_;
  std::map<std::uint32_t, std::string> addresses_;
};

}  // namespace

bool is_host_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 63 && name.front() != '-' && std::all_of(name.begin(), name.end(), good);
}

std::vector<NodeEntry> read_nodes(TableReader& top, const std::string& file, std::uint32_t front_end,
                                  const NodeRights& usual, Problems& problems) {
  NodeReader reader(file, front_end, usual, problems);
  if (const TomlArray* tables = top.tables("nodes")) {
    for (const TomlValue& value : *tables)
      reader.read(std::get<TomlTable>(value.data), value.line);
    if (reader.count() > max_nodes) top.error("nodes", sys::cat("there may be at most ", max_nodes));
  } else {
    problems.warn(file, 0, "there are no [[nodes]]: every node will be refused");
  }
  return reader.take();
}

}  // namespace frontend
