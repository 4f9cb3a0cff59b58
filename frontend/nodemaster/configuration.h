// What nodemaster is told by cluster.toml and node_up.toml, as plain data that has been checked whole.
// docs/man/cluster.toml.5 and docs/man/node_up.toml.5 describe the files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frontend/nodemaster/problems.h"
#include "frontend/nodemaster/roles.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/links.h"
#include "transport/messages.h"
#include "transport/trust.h"

namespace frontend {

constexpr std::size_t max_nodes = 4096;  // the state of all of them fits in one message

struct NodeEntry {
  transport::NodeNumber number = 0;
  std::string name;
  sys::Mac mac{};
  std::uint32_t address = 0;  // IPv4, host byte order
  bool operator==(const NodeEntry&) const = default;
};

// One [[step]] of the plan. `action` is what goes to a node, still without the hashes and sizes of files, which
// change from one day to the next: plan_resolver.h adds them.
struct PlanStep {
  transport::Step step;
  std::string source;         // file: where its content is read on the front end
  std::string server;         // mount: the NFS server's name, while its address has to be looked up (mount_marks.h)
  bool on_front_end = false;  // run: here instead of on the node, with the node's facts in the environment
  std::optional<std::vector<transport::NodeNumber>> nodes;  // ascending; nothing: all
};

struct Configuration {
  std::string name;
  std::string interface;  // the nodes' network
  std::uint32_t address = 0;
  std::uint16_t port = transport::default_port;
  std::string control_socket;
  std::optional<AdminGroup> admin_group;
  bool rarp = true;
  transport::FrontEndKeys keys;  // what nodes' connections are secured with
  std::vector<NodeEntry> nodes;  // by number, ascending
  std::vector<PlanStep> plan;
  std::string hooks;  // directory of hooks; empty: none
  sys::Duration ping_interval = std::chrono::seconds(5);
  sys::Duration silence_limit = std::chrono::seconds(20);
};

// Reads and checks everything. What comes back is fit for use when `problems` holds no error. Blocks: it reads
// files and looks programs up.
Configuration load_configuration(sys::Files& files, const std::string& path, Problems& problems);

}  // namespace frontend
