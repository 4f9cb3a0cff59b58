#include "sys/loop.h"

#include <utility>

namespace sys {

void Timer::set(Duration delay, std::function<void()> handler) {
  cancel();
  id_ = loop_.after(delay, [this, handler = std::move(handler)] {
    id_ = 0;
    handler();  // may destroy this timer
  });
}

void Timer::cancel() { loop_.cancel(std::exchange(id_, 0)); }

}  // namespace sys
