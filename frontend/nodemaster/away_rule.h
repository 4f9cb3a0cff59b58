// What nodes do with the processes of jobs when the front end stays away: they learn it when they join.
#pragma once

#include "sys/clock.h"
#include "transport/messages.h"

namespace frontend {

struct AwayRule {
  transport::AwayPolicy policy = transport::AwayPolicy::keep;
  sys::Duration grace = std::chrono::minutes(10);  // after that
};

}  // namespace frontend
