// Tests that need a network or mount table of their own: the body runs in a child that has left the machine's.
// It returns what went wrong, or nothing; doctest's checks do not work there, EXPECT does.
#pragma once

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>

#include "sys/text.h"

#define EXPECT(condition)                                                         \
  do {                                                                            \
    if (!(condition)) return sys::cat(__FILE__, ":", __LINE__, ": ", #condition); \
  } while (false)

namespace fakes {

// `flags`: CLONE_NEWNET, CLONE_NEWNS ...; needs root, and says so instead of passing without.
inline std::string in_namespace(int flags, const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) < 0) return "pipe failed";
  const pid_t child = ::fork();
  if (child < 0) return "fork failed";
  if (child == 0) {
    const std::string outcome = ::unshare(flags) < 0 ? sys::cat("unshare: errno ", errno, "; run as root") : body();
    [[maybe_unused]] const ssize_t size = ::write(ends[1], outcome.data(), outcome.size());
    ::_exit(outcome.empty() ? 0 : 1);
  }
  ::close(ends[1]);
  std::string outcome;
  char piece[512];
  for (ssize_t size; (size = ::read(ends[0], piece, sizeof piece)) > 0;)
    outcome.append(piece, static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0 && outcome.empty()) return sys::cat("the child ended with wait status ", status);
  return outcome;
}

inline void check_in_namespace(int flags, const std::function<std::string()>& body) {
  const std::string problem = in_namespace(flags, body);
  CHECK(problem == "");
}

}  // namespace fakes
