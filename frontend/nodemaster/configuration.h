// What nodemaster is told by cluster.toml and node_up.toml, as plain data that has been checked whole.
// docs/man/cluster.toml.5 and docs/man/nodeinit-plan.5 describe the files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frontend/nodemaster/away_rule.h"
#include "frontend/nodemaster/node_rights.h"
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
  NodeRights rights;          // unless they are changed at run time (node_changes.h)
  bool operator==(const NodeEntry&) const = default;
};

// What of a step has to be found on the front end, anew whenever nodes ask for the plan: files change from one day to
// the next. step_files.h finds it.
struct FileOwner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
// One file, a whole tree, or what fits a pattern.
struct FileNeed {
  std::string source;                 // absolute; a file, a directory, or a pattern (glob.h)
  std::string path;                   // on the node; of a pattern: the directory that the matches go to
  std::optional<std::uint32_t> mode;  // of files; nothing: as the source's
  std::optional<FileOwner> owner;     // nothing: as the source's
  bool times = true;                  // they were last modified when the source was
  std::vector<std::string> exclude;   // patterns of names that are left out
};
// The program of a `run` or `service` step and the files that it needs.
struct ProgramNeed {};
struct LibrariesNeed {
  std::vector<std::string> programs;   // absolute
  std::vector<std::string> libraries;  // paths, sonames, patterns
  bool cache = true;                   // also /etc/ld.so.cache
};
struct ModuleWanted {
  std::string name;
  std::string options;
};
struct ModulesNeed {
  std::vector<ModuleWanted> modules;
  std::string directory;  // of modules.dep: /lib/modules/RELEASE; may have the mark {kernel} (node_facts.h)
  std::string spool;      // where those that are packed are kept unpacked
};
// The address of a mount's NFS server, by its name (mount_marks.h).
struct ServerNeed {
  std::string name;
};
using PlanNeed = std::variant<std::monostate, FileNeed, ProgramNeed, LibrariesNeed, ModulesNeed, ServerNeed>;

// One [[step]] of the plan, in the order in which they can be carried out. `step.action` is what goes to a node, still
// without what `need` says, and with the marks of facts that differ from node to node.
struct PlanStep {
  transport::Step step;
  std::string kind;
  PlanNeed need;
  bool counts_up = false;     // interface: its address is that of node 0, node N has the one that is N further
  bool on_front_end = false;  // run: here instead of on the node, with the node's facts in the environment
  std::optional<std::vector<transport::NodeNumber>> nodes;  // ascending; nothing: all
  unsigned line = 0;                                        // of the plan's file
  std::string problem;  // of what `need` says, when it has been looked for: why the step cannot be carried out
};

// Of [node_up]: the programs that run on the front end when nodes come and go.
struct HookSettings {
  std::string up;                                  // directory; empty: none
  std::string down;                                // likewise
  sys::Duration limit = std::chrono::seconds(60);  // of one hook
  std::size_t at_once = 16;                        // for all nodes; steps of the front end count as well
};

struct Configuration {
  std::string name;
  std::string interface;  // the nodes' network
  std::uint32_t address = 0;
  std::uint16_t port = transport::default_port;
  std::string control_socket;
  std::string state = "/var/lib/nodemaster";  // directory of what outlives nodemaster
  std::optional<AdminGroup> admin_group;
  bool rarp = true;
  transport::FrontEndKeys keys;  // what nodes' connections are secured with
  std::vector<NodeEntry> nodes;  // by number, ascending
  std::string plan_file;
  std::vector<PlanStep> plan;
  sys::Duration plan_limit = std::chrono::minutes(15);  // for all steps and hooks of one node
  HookSettings hooks;
  sys::Duration ping_interval = std::chrono::seconds(5);
  sys::Duration silence_limit = std::chrono::seconds(20);
  AwayRule away;
  sys::Duration node_grace = std::chrono::seconds(20);  // for a lost node, until its processes count as lost
};

// Reads and checks everything. What comes back is fit for use when `problems` holds no error. Blocks: it reads
// files and looks programs up.
Configuration load_configuration(sys::Files& files, const std::string& path, Problems& problems);

}  // namespace frontend
