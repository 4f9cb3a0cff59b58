// Errors as values: every operation that can fail returns a Result, whose Error says what was tried,
// on what, and which errno the kernel gave. Errors are made where the system call is made; callers add
// context with within(), and whoever handles an error either logs it or returns it, never both.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace sys {

struct Error {
  int code = 0;      // errno value; 0 when the failure is not the kernel's (bad input, for example)
  std::string what;  // operation and object: "mount 10.9.0.1:/home on /home"

  // "mount 10.9.0.1:/home on /home: Connection refused (errno 111)".
  std::string text() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// An error that the kernel reported. `code` is an errno value, positive.
tl::unexpected<Error> failure(int code, std::string what);

// An error of our own making: refused input, a limit, a protocol violation.
tl::unexpected<Error> refusal(std::string what);

// The same error seen from one level up: "setup step home: mount ...: Connection refused".
tl::unexpected<Error> within(std::string_view context, const Error& error);

}  // namespace sys
