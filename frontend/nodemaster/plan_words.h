// What a step does, in words: "tmpfs on /tmp (size=64m)". For whoever looks at a plan before nodes carry it out.
#pragma once

#include <string>

#include "transport/messages.h"

namespace frontend {

// Of files and modules only how many there are, not which.
std::string in_words(const transport::Action& action);

struct ContentCount {
  std::uint32_t files = 0;
  std::uint64_t bytes = 0;
};
// That the node may have to fetch.
ContentCount content_of(const transport::Action& action);

}  // namespace frontend
