#include "nodeinit/invocation.h"

#include "nodeinit/emergency.h"
#include "nodeinit/settings.h"
#include "nodeinit_version.h"
#include "sys/text.h"
#include "transport/messages.h"

namespace node {

Invocation parse_invocation(std::span<char* const> arguments) {
  constexpr std::string_view restarts = "--restarts=";
  Invocation invocation;
  for (const std::string_view argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      invocation.want = Invocation::Want::help;
    } else if (argument == "--version") {
      invocation.want = Invocation::Want::version;
    } else if (argument.starts_with(restarts)) {
      const auto number = sys::parse_number(argument.substr(restarts.size()), 0, max_restarts);
      invocation.restarts = number ? static_cast<unsigned>(*number) : max_restarts;
    } else {
      invocation.settings.emplace_back(argument);
    }
  }
  return invocation;
}

std::string help_text() {
  return sys::cat(
      "usage: nodeinit [KEY=VALUE]...\n"
      "\n"
      "PID 1 of a diskless cluster node: finds the network and the front end, joins it, carries out its\n"
      "node-up plan and runs the processes that it sends. It runs as PID 1 of a machine or of a container only.\n"
      "\n"
      "Settings, also as nodeinit.KEY=VALUE on the kernel command line and in /etc/nodeinit.toml (defaults in "
      "parentheses):\n",
      settings_help(),
      "\n"
      "  --help      this text\n"
      "  --version   version of the program and of its protocol\n"
      "\n"
      "See nodeinit(8) and nodeinit.toml(5).\n");
}

std::string version_text() {
  return sys::cat("nodeinit ", NODEINIT_VERSION, " (protocol ", transport::protocol_version, ")\n");
}

}  // namespace node
