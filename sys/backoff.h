// Retry delays as beoboot had them: first 1 s, each 1.2 times the last, +-10 % at random, capped; it never
// gives up. The randomness is what keeps a thousand nodes from asking at once.
#pragma once

#include <cstdint>
#include <functional>

#include "sys/clock.h"

namespace sys {

struct BackoffPolicy {
  Duration first = std::chrono::seconds(1);
  double factor = 1.2;
  double jitter = 0.1;  // fraction, both ways
  Duration cap = std::chrono::seconds(30);
};

class Backoff {
 public:
  Backoff(BackoffPolicy policy, std::function<std::uint64_t()> random);
  Duration next();  // the delay before the next try
  void reset();
  unsigned tries() const { return tries_; }  // next() calls since reset()

 private:
  BackoffPolicy policy_;
  std::function<std::uint64_t()> random_;
  double current_ns_;
  unsigned tries_ = 0;
};

}  // namespace sys
