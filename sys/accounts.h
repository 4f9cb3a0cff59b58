// Users and groups of this machine, as the C library finds them. musl, with which we are linked statically, reads
// /etc/group, and for what is not there asks nscd when one listens on its socket (/var/run/nscd/socket): groups of a
// directory service (LDAP) are seen through nscd, and not otherwise. There is no NSS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sys/result.h"

namespace sys {

// The number of the group called `name`; nothing when there is no such group.
Result<std::optional<std::uint32_t>> find_group(const std::string& name);

// What that user is called; its number when nobody says.
std::string user_name(std::uint32_t uid);

// The user whose rights this program has.
std::uint32_t own_user();

}  // namespace sys
