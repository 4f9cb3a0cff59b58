// What nodectl cp is to copy where: files of this machine to nodes, or files of nodes to this machine.
#pragma once

#include <string>
#include <vector>

#include "sys/result.h"

namespace frontend {

struct CopyOperands {
  bool to_nodes = false;
  std::string nodes;
  std::vector<std::string> sources;  // absolute
  std::string destination;           // absolute
};

// `operands`: sources, then the destination; with nodes as NODES:PATH, without as PATH. "./a:b" is a file of this machine.
// Relative paths begin at `here`, on nodes as well.
sys::Result<CopyOperands> read_operands(const std::vector<std::string>& operands, const std::string& here);

}  // namespace frontend
