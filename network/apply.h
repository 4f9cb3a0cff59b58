// From an answer to a configured link.
#pragma once

#include "network/discovery.h"
#include "network/finder.h"
#include "sys/links.h"
#include "sys/log.h"
#include "sys/result.h"

namespace network {

// What an answer comes to once the configuration has had its say.
Found completed(const Answer& answer, const DiscoveryOptions& options);

// Sets address, default route and the server's neighbour entry. May be repeated. What the node can do without is
// logged and ignored.
sys::Status apply(const Found& wanted, const Answer& answer, sys::Links& links, sys::Log& log);

// Brings the loopback link in `list` up, with 127.0.0.1/8.
sys::Status raise_loopback(const std::vector<sys::Link>& list, sys::Links& links);

}  // namespace network
