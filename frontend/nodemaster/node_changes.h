// What has been changed of nodes while nodemaster runs, over what cluster.toml says: their rights, and whether they take
// processes. It is kept in a file, written beside and renamed, so that a nodemaster that is started anew knows it:
//
//   [[nodes]]
//   range = "0-3"        consecutive nodes with the same changes
//   owner = 1000         absent: the configuration's, like group and mode
//   mode = "0100"
//   available = false    absent: true
//
// The file is nodemaster's own. One that cannot be read is put aside and said; what the configuration says holds then.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/problems.h"
#include "sys/files.h"
#include "sys/log.h"

namespace frontend {

struct NodeChange {
  std::optional<std::uint32_t> owner;
  std::optional<std::uint32_t> group;
  std::optional<std::uint32_t> mode;
  bool available = true;
  bool operator==(const NodeChange&) const = default;
};
using NodeChangeMap = std::map<transport::NodeNumber, NodeChange>;

std::string format_changes(const NodeChangeMap& changes);
NodeChangeMap parse_changes(std::string_view text, const std::string& path, Problems& problems);

class NodeChanges {
 public:
  // `directory`: where the file is, or will be.
  NodeChanges(sys::Log& log, sys::Files& files, NodeTable& table, const std::string& directory);

  // What an earlier nodemaster has left. Of nodes that are not in the configuration (now) it is kept as well.
  void load();
  // Makes the table true, after it was configured.
  void apply();
  void set_right(transport::NodeNumber node, transport::NodeRight right, std::uint32_t value);
  void set_available(transport::NodeNumber node, bool available);
  // An error: what has been changed holds until nodemaster ends, and no longer.
  sys::Status save();

 private:
  void apply(const Node& node);

  sys::Log& log_;
  sys::Files& files_;
  NodeTable& table_;
  const std::string directory_;
  const std::string path_;
  NodeChangeMap changes_;
};

}  // namespace frontend
