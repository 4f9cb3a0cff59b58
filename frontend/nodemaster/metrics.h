// All that nodemaster counts and measures, as MetricsReply carries it: the counters (counters.h), and gauges that are
// computed when somebody asks.
#pragma once

#include <vector>

#include "transport/messages.h"

namespace frontend {

struct Desk;

std::vector<transport::Metric> metrics_of(const Desk& desk);

}  // namespace frontend
