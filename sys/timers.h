// Timers in user space, ordered by their time: what the real loop and the fake one keep theirs in.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "sys/loop.h"

namespace sys {

class TimerQueue {
 public:
  TimerId add(Instant when, std::function<void()> handler);
  void cancel(TimerId id);

  // When the earliest timer is due; nothing while there is none.
  std::optional<Instant> next() const;
  // Names the next timer to be added: a turn of the loop leaves those for the following turn.
  TimerId next_id() const { return next_id_; }
  // Takes out the earliest timer if it is due at `now` and was added before `limit`; an empty function otherwise.
  std::function<void()> take_due(Instant now, TimerId limit);

 private:
  std::map<std::pair<Instant, TimerId>, std::function<void()>> ordered_;
  std::unordered_map<TimerId, Instant> when_;
  TimerId next_id_ = 1;
};

}  // namespace sys
