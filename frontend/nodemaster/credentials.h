// Who asks, as the kernel says.
#pragma once

#include <cstdint>
#include <vector>

namespace frontend {

struct Credentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups = {};  // supplementary
};

}  // namespace frontend
