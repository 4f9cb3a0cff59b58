// What a launcher asks for, as nodemaster is asked: the program found and named by content.
#pragma once

#include <string>
#include <vector>

#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

struct LaunchSpec {
  std::vector<transport::NodeNumber> nodes;
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

// Blocks while it reads the program's files. Errors as of execvp(3).
sys::Result<transport::RunRequest> make_launch_request(const LaunchSpec& spec);

}  // namespace frontend
