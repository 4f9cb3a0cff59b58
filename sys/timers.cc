#include "sys/timers.h"

namespace sys {

TimerId TimerQueue::add(Instant when, std::function<void()> handler) {
  const TimerId id = next_id_++;
  when_.emplace(id, when);  // first: should memory end between the two, no timer is left that cannot be cancelled
  ordered_.emplace(std::pair(when, id), std::move(handler));
  return id;
}

void TimerQueue::cancel(TimerId id) {
  const auto found = when_.find(id);
  if (found == when_.end()) return;
  ordered_.erase({found->second, id});
  when_.erase(found);
}

std::optional<Instant> TimerQueue::next() const {
  if (ordered_.empty()) return std::nullopt;
  return ordered_.begin()->first.first;
}

std::function<void()> TimerQueue::take_due(Instant now, TimerId limit) {
  if (ordered_.empty()) return {};
  const auto first = ordered_.begin();
  const auto [when, id] = first->first;
  if (when > now || id >= limit) return {};
  auto handler = std::move(first->second);
  ordered_.erase(first);
  when_.erase(id);
  return handler;
}

}  // namespace sys
