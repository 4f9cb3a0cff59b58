// The child's side of sys/spawn.cc: from fork to exec, and what it says to its parent on the way.
#pragma once

#include <string>
#include <vector>

#include "sys/spawn.h"

namespace sys {

// What the child writes to its close-on-exec pipe, each in one write: with `executes`, that exec comes next, and what is not
// as it was asked to be, if anything; then nothing more if exec succeeds, or what failed.
struct ExecReport {
  int code = 0;
  bool executes = false;
  char what[1016] = {};
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
