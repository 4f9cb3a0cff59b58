// What `nodectl run --summary` says at the end: how each rank ended and what it has cost.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "frontend/nodectl/table.h"
#include "transport/messages.h"

namespace frontend {

class RunSummary {
 public:
  // `node`: the rank's, by name. Times and memory are those of the process and of what it has waited for.
  void add(const std::string& node, const transport::RunEnd& end);
  std::string table() const;  // by rank

 private:
  std::map<std::uint32_t, TableRow> rows_;
};

}  // namespace frontend
