// Users and groups of this machine, as the C library finds them. musl, with which we are linked statically, reads
// /etc/passwd and /etc/group, and for what is not there asks nscd when one listens on its socket
// (/var/run/nscd/socket): those of a directory service (LDAP) are seen through nscd, and not otherwise. There is no NSS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sys/result.h"

namespace sys {

using FoundId = Result<std::optional<std::uint32_t>>;

// The number of the user or group called `name`; nothing when there is none.
FoundId find_user(const std::string& name);
FoundId find_group(const std::string& name);
// The same, where a number may stand for a name; whether anybody has it does not matter.
FoundId find_user_or_id(const std::string& text);
FoundId find_group_or_id(const std::string& text);

// Its name, or its number in digits where it has none.
std::string user_name(std::uint32_t uid);
std::string group_name(std::uint32_t gid);

// The user and group whose rights this program has.
std::uint32_t own_user();
std::uint32_t own_group();

}  // namespace sys
