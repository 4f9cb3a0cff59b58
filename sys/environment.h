// What this process has from whoever started it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sys {

// "NAME=VALUE", in the order in which they stand (environ(7)).
std::vector<std::string> environment();

// The permission bits that new files do not get (umask(2)).
std::uint32_t creation_mask();

// Whether its user may execute the file (access(2)); "no" also when there is none.
bool may_execute(const std::string& path);

}  // namespace sys
