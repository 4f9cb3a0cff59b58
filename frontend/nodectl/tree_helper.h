// The two ends of nodectl cp that run on a node: nodectl itself, moved there as any program is, with the rights of the
// caller. They block as they like: nobody else waits for them.
//
//   nodectl --receive-tree FLAGS DESTINATION    writes the stream of its standard input
//   nodectl --send-tree FLAGS SOURCE...         writes a stream to its standard output
//
// FLAGS are letters: r directories too, p modes and times, - nothing. They are no verbs: only nodectl uses them.
#pragma once

#include <string>
#include <vector>

namespace frontend {

struct CopyFlags {
  bool recursive = false;
  bool preserve = false;
};

std::vector<std::string> receive_command(const std::string& program, CopyFlags flags, const std::string& destination);
std::vector<std::string> send_command(const std::string& program, CopyFlags flags,
                                      const std::vector<std::string>& sources);

// `arguments`: of main().
bool is_tree_helper(int count, const char* const* arguments);
// Exit status: 0 all was copied, 1 not all: it has been said on standard error what.
int run_tree_helper(int count, const char* const* arguments);

}  // namespace frontend
