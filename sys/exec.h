// The child's side of sys/spawn.cc: from fork to exec, and what it says to its parent on the way.
#pragma once

#include <string>
#include <vector>

#include "sys/spawn.h"

namespace sys {

// What the child writes to its close-on-exec pipe, each in one write: with code 0 and no text, that exec comes next; then
// nothing more if exec succeeds, or what failed.
struct ExecReport {
  int code = 0;
  char what[1020] = {};
};
static_assert(sizeof(ExecReport) <= 4096, "one write to a pipe is atomic up to PIPE_BUF");

// A program's arguments in the form that execve(2) takes. Refers to the strings of `spec`.
struct ExecVectors {
  explicit ExecVectors(SpawnSpec& spec);
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

struct ExecDescriptors {
  int input;  // -1: SpawnSpec::input
  int output;
  int error;
  int report;
};

[[noreturn]] void execute_in_child(const SpawnSpec& spec, const ExecVectors& vectors, ExecDescriptors descriptors);

}  // namespace sys
