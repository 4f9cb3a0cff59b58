// Users and groups of this machine, as /etc/group names them. A program that is linked statically reads that file and
// nothing else: groups of a directory service (LDAP) are not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sys/result.h"

namespace sys {

// The number of the group called `name`; nothing when there is no such group.
Result<std::optional<std::uint32_t>> find_group(const std::string& name);

// The user whose rights this program has.
std::uint32_t own_user();

}  // namespace sys
