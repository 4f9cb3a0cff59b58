// Metrics in the text exposition format of Prometheus, and as JSON: what `metrics` prints.
#pragma once

#include <string>
#include <vector>

#include "transport/messages.h"

namespace frontend {

std::string metrics_text(const std::vector<transport::Metric>& metrics);
std::string metrics_json(const std::vector<transport::Metric>& metrics);

}  // namespace frontend
