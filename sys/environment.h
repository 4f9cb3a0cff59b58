// The environment of this process (environ(7)).
#pragma once

#include <string>
#include <vector>

namespace sys {

// "NAME=VALUE", in the order in which they stand.
std::vector<std::string> environment();

}  // namespace sys
