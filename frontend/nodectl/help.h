// What --help says of each verb beyond its options.
#pragma once

namespace frontend {

struct VerbHelp {
  const char* name;
  const char* summary;
  const char* usage;  // after "nodectl "
  const char* more;   // what it prints and how it ends, with examples
};

// Of a verb that exists.
const VerbHelp& help_of(const char* verb);

inline constexpr char general_usage[] = "[--socket PATH] VERB ...";
inline constexpr char general_help[] =
    R"(NODES: numbers and ranges (0-3,7), names (n5), all, or a state (up, down, error,
unavailable).

Exit status: 0 all well; 1 a node or step failed; 2 the command line is wrong;
run: see nodectl run --help.

Examples:
  nodectl status                        the nodes and their states
  nodectl wait all --timeout 60s        until all are up
  nodectl run -l all -- /bin/uname -r   a program on all nodes, lines labelled
  nodectl boot-log n3                   what n3 did while it booted, and how long it took
Each verb has its own --help. See nodectl(1).)";

}  // namespace frontend
