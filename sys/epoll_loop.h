// The real Loop: epoll(7), with timers kept in user space so that an idle loop makes no system call and
// wakes up only for the nearest timer.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "sys/loop.h"

namespace sys {

// `on_exception` is told what() of an exception that left a handler; it must not throw.
Result<std::unique_ptr<Loop>> make_epoll_loop(Clock& clock, std::function<void(std::string_view)> on_exception);

}  // namespace sys
