// What nodeinit itself costs, from /proc/self: for the heartbeat.
#pragma once

#include "sys/files.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace health {

// Memory and CPU time; the loop's and the reaper's figures are left as they are in `usage`.
sys::Status read_self(sys::Files& files, transport::SelfUsage& usage);

}  // namespace health
