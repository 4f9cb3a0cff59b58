#include "frontend/nodemaster/master_command_line.h"

#include <CLI/CLI.hpp>
#include <map>

#include "frontend/common/paths.h"
#include "nodeinit_version.h"

namespace frontend {
namespace {

constexpr int usage_error = 2;

const std::map<std::string, sys::Severity>& severities() {
  static const std::map<std::string, sys::Severity> names = {{"error", sys::Severity::error},
                                                             {"warning", sys::Severity::warning},
                                                             {"notice", sys::Severity::notice},
                                                             {"info", sys::Severity::info},
                                                             {"debug", sys::Severity::debug}};
  return names;
}

// CLI11 takes '' for a value like any other, and what is behind it would name no file.
std::string not_empty(const std::string& value) { return value.empty() ? "is empty: a path is needed" : ""; }

constexpr char description[] =
    "The front end of a cluster of nodeinit nodes: gives them their addresses, sets them up by the plan, and does for\n"
    "them what nodectl asks. Stays in the foreground and logs to stderr. SIGTERM ends it, SIGHUP makes it read its\n"
    "configuration again.";

}  // namespace

std::optional<MasterInvocation> parse_master_command_line(int argc, const char* const* argv, int& status) {
  MasterInvocation invocation;
  invocation.configuration = default_configuration;
  CLI::App app(description, "nodemaster");
  app.set_version_flag("--version", std::string("nodemaster " NODEINIT_VERSION));
  app.add_option("-c,--config", invocation.configuration, "The cluster's configuration, cluster.toml(5)")
      ->capture_default_str()
      ->check(not_empty);
  std::string level = "info";
  app.add_option("--log-level", level, "Least severe lines shown: error, warning, notice, info, debug")
      ->capture_default_str()
      ->check(CLI::IsMember(severities()));
  auto* check =
      app.add_subcommand("check", "Check the configuration and the plan, print what is wrong by line, and end");
  check->add_option("-c,--config", invocation.configuration, "The cluster's configuration, cluster.toml(5)")
      ->check(not_empty);
  auto* keygen = app.add_subcommand(
      "keygen", "Make the front end's key pair and the cluster key, from which images are made, and end");
  keygen->add_option("DIRECTORY", invocation.keys, "Where; nothing that is there is overwritten")
      ->capture_default_str()
      ->check(not_empty);
  keygen->add_flag("--no-cluster-key{false}", invocation.cluster_key,
                   "Without a cluster key: any machine on the nodes' network may join");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : usage_error;
    return std::nullopt;
  }
  invocation.log_level = severities().at(level);
  if (check->parsed()) invocation.task = MasterInvocation::Task::check;
  if (keygen->parsed()) invocation.task = MasterInvocation::Task::make_keys;
  return invocation;
}

}  // namespace frontend
