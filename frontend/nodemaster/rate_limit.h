// So many lines of one kind per while: what strangers cause must not fill the log.
#pragma once

#include "sys/clock.h"

namespace frontend {

class RateLimit {
 public:
  RateLimit(sys::Clock& clock, unsigned most, sys::Duration per) : clock_(clock), most_(most), per_(per) {}

  enum class Verdict { say, say_last, keep_quiet };  // say_last: and that further ones are left out
  Verdict ask() {
    const sys::Instant now = clock_.now();
    if (now - began_ >= per_) {
      began_ = now;
      said_ = 0;
    }
    if (said_ == most_) return Verdict::keep_quiet;
    return ++said_ == most_ ? Verdict::say_last : Verdict::say;
  }

 private:
  sys::Clock& clock_;
  const unsigned most_;
  const sys::Duration per_;
  sys::Instant began_;
  unsigned said_ = 0;
};

}  // namespace frontend
