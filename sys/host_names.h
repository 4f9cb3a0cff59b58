// Names of machines, as the C library's resolver knows them: from /etc/hosts and by DNS.
#pragma once

#include <cstdint>
#include <string>

#include "sys/result.h"

namespace sys {

// The first IPv4 address of `name`, in host byte order. Blocks for as long as name servers take to answer or not to
// (resolv.conf(5): 10 s and more): call it in a worker.
Result<std::uint32_t> find_host(const std::string& name);

}  // namespace sys
