#include "sys/backoff.h"

#include <algorithm>
#include <utility>

namespace sys {

Backoff::Backoff(BackoffPolicy policy, std::function<std::uint64_t()> random)
    : policy_(policy), random_(std::move(random)), current_ns_(static_cast<double>(policy.first.count())) {}

Duration Backoff::next() {
  // 53 random bits make a double in [0, 1).
  const double unit = static_cast<double>(random_() >> 11) / static_cast<double>(1ull << 53);
  const double spread = 1 + policy_.jitter * (2 * unit - 1);
  const double delay = current_ns_ * spread;
  current_ns_ = std::min(current_ns_ * policy_.factor, static_cast<double>(policy_.cap.count()));
  ++tries_;
  return Duration(static_cast<Duration::rep>(delay));
}

void Backoff::reset() {
  current_ns_ = static_cast<double>(policy_.first.count());
  tries_ = 0;
}

}  // namespace sys
