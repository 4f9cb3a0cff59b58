// The program's arguments: --help, --version, --restarts=N (the emergency path's), and KEY=VALUE settings. Whatever
// else a kernel or a container hands to PID 1 is taken along and reported later; it never keeps a node from booting.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace node {

struct Invocation {
  enum class Want { run, help, version };
  Want want = Want::run;
  unsigned restarts = 0;
  std::vector<std::string> settings;
};

Invocation parse_invocation(std::span<char* const> arguments);  // without argv[0]

std::string help_text();
std::string version_text();

}  // namespace node
