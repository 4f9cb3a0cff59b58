#include "frontend/nodemaster/configuration.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "frontend/common/paths.h"
#include "frontend/nodemaster/config_readers.h"
#include "frontend/nodemaster/hooks.h"
#include "frontend/nodemaster/mount_marks.h"
#include "sys/accounts.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_name = 64;  // bytes, of the cluster's

void read_admin_group(TableReader& reader, Configuration& configuration) {
  const std::string name = reader.text("admin_group");
  const auto gid = sys::find_group(name);
  if (!gid) return reader.error("admin_group", gid.error().text());
  if (!*gid) return reader.error("admin_group", sys::cat("there is no group '", sys::printable(name, 64), "'"));
  configuration.admin_group = AdminGroup{name, **gid};
}

void read_name(TableReader& reader, Configuration& configuration) {
  configuration.name = reader.text("name", "cluster");
  if (configuration.name.empty() || configuration.name.size() > max_name)
    reader.error("name", sys::cat("must have 1 to ", max_name, " bytes"));
}

void read_front_end(TableReader reader, Configuration& configuration) {
  configuration.rarp = reader.flag("rarp", true);
  if (configuration.rarp) reader.require("interface");
  configuration.interface = reader.text("interface");
  if (configuration.interface.size() > 15) reader.error("interface", "is longer than 15 characters");
  if (reader.require("address")) configuration.address = reader.address("address");
  configuration.port = static_cast<std::uint16_t>(reader.number("port", 1, 65535, transport::default_port));
  configuration.control_socket = reader.text("control_socket", default_control_socket);
  if (!configuration.control_socket.starts_with('/') || configuration.control_socket.size() > 107) {
    reader.error("control_socket", "must be an absolute path of at most 107 bytes");
  }
  configuration.state = reader.text("state", configuration.state);
  if (!configuration.state.starts_with('/')) reader.error("state", "must be an absolute path");
  if (reader.has("admin_group")) read_admin_group(reader, configuration);
  reader.finish();
}

void read_heartbeat(TableReader reader, Configuration& configuration) {
  using namespace std::chrono_literals;
  configuration.ping_interval = reader.duration("interval", configuration.ping_interval);
  configuration.silence_limit = reader.duration("silence_limit", configuration.silence_limit);
  if (configuration.ping_interval < 100ms || configuration.ping_interval > 10min) {
    reader.error("interval", "must be from 100ms to 10m");
  }
  if (configuration.silence_limit <= configuration.ping_interval || configuration.silence_limit > 1h) {
    reader.error("silence_limit", "must be longer than the interval and at most 1h");
  } else if (configuration.silence_limit < 2 * configuration.ping_interval) {
    reader.warn("silence_limit", "is less than twice the interval: one late answer takes a node down");
  }
  reader.finish();
}

void read_jobs(TableReader reader, Configuration& configuration) {
  using namespace std::chrono_literals;
  constexpr std::pair<std::string_view, transport::AwayPolicy> policies[] = {
      {"keep", transport::AwayPolicy::keep},
      {"kill", transport::AwayPolicy::kill},
      {"reboot", transport::AwayPolicy::reboot},
  };
  const std::string away = reader.text("away", "keep");
  const auto* const policy =
      std::find_if(std::begin(policies), std::end(policies), [&](const auto& entry) { return entry.first == away; });
  if (policy == std::end(policies)) {
    reader.error("away", "must be \"keep\", \"kill\" or \"reboot\"");
  } else {
    configuration.away.policy = policy->second;
  }
  configuration.away.grace = reader.duration("away_grace", configuration.away.grace);
  if (configuration.away.grace < 1s || configuration.away.grace > 24h)
    reader.error("away_grace", "must be from 1s to 24h");
  configuration.node_grace = reader.duration("node_grace", configuration.node_grace);
  if (configuration.node_grace < 1s || configuration.node_grace > 24h)
    reader.error("node_grace", "must be from 1s to 24h");
  reader.finish();
}

// A directory that is named must be there; the default one may be absent. Returns it, empty when there is none.
std::string read_hook_directory(sys::Files& files, TableReader& reader, const std::string& folder, std::string_view key,
                                const std::string& usual) {
  const std::string directory = absolute_in(folder, reader.text(key, usual));
  const auto hooks = list_hooks(files, directory);
  if (!hooks) {
    if (reader.has(key)) reader.error(key, hooks.error().text());
    return {};
  }
  for (const std::string& name : hooks->idle) {
    reader.warn(key, sys::cat(directory, "/", name, " is not executable, so it is not run"));
  }
  for (const Hooks::Fault& fault : find_faults(files, *hooks))
    reader.warn(key, sys::cat(fault.name, " ", fault.reason));
  return directory;
}

void read_hooks(sys::Files& files, TableReader& reader, const std::string& folder, HookSettings& hooks) {
  using namespace std::chrono_literals;
  hooks.up = read_hook_directory(files, reader, folder, "hooks", "node_up.d");
  hooks.down = read_hook_directory(files, reader, folder, "down_hooks", "node_down.d");
  hooks.limit = reader.duration("hook_timeout", hooks.limit);
  if (hooks.limit < 100ms || hooks.limit > 24h) reader.error("hook_timeout", "must be from 100ms to 24h");
  hooks.at_once = reader.number("hooks_at_once", 1, 1000, hooks.at_once);
}

void read_node_up(sys::Files& files, TableReader reader, const std::string& folder, Configuration& configuration,
                  Problems& problems) {
  const std::string plan = absolute_in(folder, reader.text("plan", "node_up.toml"));
  const auto facts = files.facts(plan);
  if (facts && *facts) {
    configuration.plan_file = plan;
    Plan read = read_plan(files, plan, configuration.nodes, problems);
    configuration.plan = std::move(read.steps);
    configuration.plan_limit = read.limit;
    set_front_end(configuration.plan, configuration.address);
  } else if (reader.has("plan")) {
    reader.error("plan", sys::cat("there is no file ", plan));
  }
  read_hooks(files, reader, folder, configuration.hooks);
  reader.finish();
}

}  // namespace

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {};
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string absolute_in(const std::string& folder, const std::string& path) {
  return folder.empty() || path.starts_with('/') ? path : sys::cat(folder, "/", path);
}

Configuration load_configuration(sys::Files& files, const std::string& path, Problems& problems) {
  Configuration configuration;
  const auto top = read_toml(files, path, problems);
  if (!top) return configuration;
  TableReader reader(*top, 1, path, "the file", problems);
  read_name(reader, configuration);
  if (reader.require("front_end")) read_front_end(reader.table("front_end"), configuration);
  configuration.keys = read_keys(files, reader, folder_of(path));
  const NodeRights usual{.group = configuration.admin_group ? configuration.admin_group->gid : 0};
  configuration.nodes = read_nodes(reader, path, configuration.address, usual, problems);
  read_node_up(files, reader.table("node_up"), folder_of(path), configuration, problems);
  read_heartbeat(reader.table("heartbeat"), configuration);
  read_jobs(reader.table("jobs"), configuration);
  reader.finish();
  return configuration;
}

}  // namespace frontend
