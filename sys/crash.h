// The last resort: fatal signals, and the few things that may still be done then. Everything here is safe in a
// signal handler: raw system calls on memory that is there already, no allocation, no locks. What is done, and in
// which order, is decided in nodeinit/emergency.h.
#pragma once

#include <string_view>

namespace sys {

struct FatalSignal {
  int number = 0;
  std::string_view name;              // "SIGSEGV"
  const void* address = nullptr;      // that was touched (SIGSEGV, SIGBUS)
  const void* instruction = nullptr;  // that was running
};

// Makes SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS and SIGABRT calls of `handler`, on a stack of its own. The
// handler must not return. One handler for the process; a second call replaces it.
using FatalHandler = void (*)(const FatalSignal&);
void on_fatal_signal(FatalHandler handler);

bool raw_is_init();  // whether this process is PID 1, and not a worker of it
void raw_write(int fd, std::string_view text);
bool raw_append_to(const char* path, std::string_view text);  // an existing file or device; false: it can not be opened
void raw_sleep(unsigned seconds);
// Returns only when it failed.
void raw_execute(const char* path, char* const* arguments);
void raw_restart_machine();
[[noreturn]] void raw_exit(int status);

}  // namespace sys
