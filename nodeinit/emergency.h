// The way out when all is lost: a fatal signal, std::terminate, an exception that left main. Says what happened on the
// console and in the kernel's log, waits, so that it can be read and a loop of crashes does not spin, and then
//
//   restarts so far < max_restarts   re-executes itself, as `--restarts=N+1`
//   after that                       restarts the machine; in a container, exits with status 70 (EX_SOFTWARE)
//
// Everything that it needs is laid out beforehand: in an emergency nothing is allocated and only raw system calls are
// made.
#pragma once

#include <string_view>

namespace node {

constexpr unsigned max_restarts = 2;
constexpr unsigned emergency_delay = 3;  // seconds

// `arguments` must live as long as the program; --restarts=... among them is replaced.
void prepare_emergency(int argument_count, char** arguments, unsigned restarts);

// This is a container: no machine is ours to restart, and /dev/kmsg is not ours to write.
void emergency_is_in_container();

[[noreturn]] void emergency(std::string_view what);

}  // namespace node
