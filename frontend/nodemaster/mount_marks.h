// What stands for an address in the source and the options of a mount until it is known.
//
//   FRONTEND    the front end's, when the configuration has been read
//   {server}    the NFS server's, when the plan is made ready for nodes: its name is looked up each time, in a worker
//   {address}   the node's, and {name} and {node}, when the plan goes to that node (node_facts.h)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/nodemaster/configuration.h"

namespace frontend {

inline constexpr std::string_view front_end_mark = "FRONTEND";
inline constexpr std::string_view server_mark = "{server}";

// Puts the front end's address (IPv4, host byte order) where a mount of the plan has the word FRONTEND.
void set_front_end(std::vector<PlanStep>& plan, std::uint32_t address);

// Puts the address of the server that it needs into a mount.
void set_server(transport::MountStep& mount, std::uint32_t address);

// Bytes of `text` at the most, whatever its marks become.
std::size_t longest_filled_in(std::string_view text);

}  // namespace frontend
