// An object that must not be destroyed from inside its own callback is handed here instead. It lives until the next turn of
// the loop, and timers may fire before that: one that would touch what is gone has to be cancelled first.
#pragma once

#include <memory>

#include "sys/loop.h"

namespace frontend {

// Destroys `object` once the handler that runs now has returned.
template <class T> void dispose_later(sys::Loop& loop, std::unique_ptr<T> object) {
  loop.defer([held = std::shared_ptr<T>(std::move(object))] {});
}

}  // namespace frontend
