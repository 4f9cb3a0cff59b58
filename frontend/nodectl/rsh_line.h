// The command line of ssh(1), as launchers of parallel programs write it: options, a host, a command. What can be given to
// nodes is taken over, what has no meaning here (how to encrypt, which key) is passed over, and what asks for something else
// than a command (forwarding, a subsystem, another user) is refused.
//
// The words of the command are joined with blanks into one text, as ssh does, which hands it to a shell on the other side.
// Nodes have no shell. So a text that is a command and its arguments, quoted or not, is taken apart here, and the program
// moves; all else moves /bin/sh, which finds on the node what is there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace frontend {

struct RshLine {
  std::string user;  // empty: nobody was asked for
  std::string host;
  std::string command;
  bool no_input = false;  // the command reads nothing
};

sys::Result<RshLine> parse_rsh_line(const std::vector<std::string>& words);

// The words that a shell makes of a text in which it has nothing to do but to take quotes away; nothing when there is more to
// do (a pipe, a variable, a pattern), or nothing is left.
std::optional<std::vector<std::string>> plain_words(std::string_view text);

// What is to run for a command. `is_program`: whether a word names one here.
std::vector<std::string> rsh_arguments(const std::string& command,
                                       const std::function<bool(const std::string&)>& is_program);

}  // namespace frontend
