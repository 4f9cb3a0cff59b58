// Who may start processes on a node, as BProc had it: a node has an owner, a group and a mode like a file, of which only
// the execute bits count. Root may always; of everybody else the first of these that fits decides:
//
//   the node's owner        0100
//   a member of its group   0010
//   others                  0001
//
// Root gives a node to somebody (owner, group); the mode is also its owner's and the admins' affair. docs/SECURITY.md
// says so to people.
#pragma once

#include <cstdint>

#include "frontend/nodemaster/credentials.h"
#include "sys/result.h"

namespace frontend {

constexpr std::uint32_t execute_bits = 0111;

struct NodeRights {
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::uint32_t mode = 0110;  // of execute_bits
  bool operator==(const NodeRights&) const = default;
};

bool is_member(const Credentials& caller, std::uint32_t group);

// EACCES with a reason that says whose the node is. The same for all nodes with the same rights, so that a command can
// name them together.
sys::Status check_start(const NodeRights& rights, const Credentials& caller);

}  // namespace frontend
