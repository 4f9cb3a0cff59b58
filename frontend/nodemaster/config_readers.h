// The parts of load_configuration(): one reader per kind of table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/table_reader.h"

namespace frontend {

// `insecure` of `top` and its [security]: the keys, read from the directory that it names.
transport::FrontEndKeys read_keys(sys::Files& files, TableReader& top, const std::string& folder);

// Letters, digits, "-" and "."; at most 63 bytes.
bool is_host_name(std::string_view name);

// All [[nodes]] of `top`, by number; `usual` are the rights of those that have none of their own. Numbers, names, MACs and addresses that occur twice are problems.
std::vector<NodeEntry> read_nodes(TableReader& top, const std::string& file, std::uint32_t front_end,
                                  const NodeRights& usual, Problems& problems);

// The steps of a plan file, and its limit. `nodes` are what its node sets refer to.
struct Plan {
  std::vector<PlanStep> steps;
  sys::Duration limit = std::chrono::minutes(15);
};
Plan read_plan(sys::Files& files, const std::string& path, const std::vector<NodeEntry>& nodes, Problems& problems);

// The file's own folder: what relative paths in it are relative to. Empty: the one where we are.
std::string folder_of(const std::string& path);
std::string absolute_in(const std::string& folder, const std::string& path);

}  // namespace frontend
