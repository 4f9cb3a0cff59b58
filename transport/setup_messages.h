// The steps of a node-up plan as they travel to a node: everything is resolved that can be on the front end (names of
// hosts, of libraries, of modules and what they need). Included through transport/messages.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "transport/message_values.h"

namespace transport {

enum class OnFailure : std::uint8_t { error = 0, go_on = 1 };

struct MountStep {
  std::string source;
  std::string target;  // made if it is missing
  std::string type;
  std::string options;
  std::vector<std::string> directories;  // made first, in order: upper and work of an overlay
};
struct UnmountStep {
  std::string target;
  bool lazy = false;  // detach now, let go when the last user is gone
};
struct DirectoryStep {
  std::string path;
  std::uint32_t mode = 0755;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
struct DeviceEntry {
  std::string path;
  bool block = false;
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t mode = 0600;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
struct DeviceStep {
  std::vector<DeviceEntry> devices;
};

// What stands at a path of a tree.
struct TextContent {
  std::string text;  // small, and made for this node
};
struct DirectoryMark {};
struct LinkTarget {
  std::string target;
};
struct TreeEntry {
  std::string path;
  std::variant<Content, TextContent, DirectoryMark, LinkTarget> what;
  std::uint32_t mode = 0644;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t modified_ns = 0;  // since the epoch; 0: whenever it was written
};
// Files, directories and links: of `file` steps (one file, globs, trees) and of `libraries`. In order, so that a directory
// stands before what is in it.
struct FileStep {
  std::vector<TreeEntry> entries;
};
struct LinkStep {
  std::string path;
  std::string target;
};

struct ModuleEntry {
  std::string name;  // as /proc/modules has it
  Content content;   // not compressed
  std::string options;
};
// In the order in which they can be loaded.
struct ModuleStep {
  std::vector<ModuleEntry> modules;
};
struct SysctlEntry {
  std::string key;  // below /proc/sys, with slashes: "net/core/somaxconn"
  std::string value;
};
struct SysctlStep {
  std::vector<SysctlEntry> entries;
};
struct HostnameStep {
  std::string name;
};
struct Route {
  std::uint32_t destination = 0;  // IPv4, host byte order; 0 with prefix 0: everything
  std::uint8_t prefix = 0;
  std::uint32_t gateway = 0;
};
// A network beside the one that the node has booted from.
struct InterfaceStep {
  std::string name;           // "eth1"; empty: the one with `mac`
  MacAddress mac{};           // zeros: whatever is called `name`
  std::uint32_t address = 0;  // IPv4, host byte order; 0: none, the link is only set up
  std::uint8_t prefix = 0;
  std::uint32_t mtu = 0;  // 0: as it is
  std::vector<Route> routes;
};
struct LimitEntry {
  std::uint8_t resource = 0;  // RLIMIT_... of getrlimit(2)
  std::uint64_t soft = 0;     // all bits set: unlimited
  std::uint64_t hard = 0;
};
// For what is started on the node from now on.
struct LimitsStep {
  std::vector<LimitEntry> limits;
};
// Sets the clock to the front end's once more, and the machine's own if asked.
struct TimeStep {
  std::uint64_t wall_ns = 0;  // since the epoch, when the message was sent
  bool hardware = false;      // the battery-backed clock too
};
// A program moved to the node with the files it needs, run to its end; its output goes to the node's log.
struct RunStep {
  std::string program;                 // absolute
  std::vector<std::string> arguments;  // argv[0] first
  std::vector<std::string> environment;
  std::vector<FileEntry> files;
};
enum class Restart : std::uint8_t { always = 0, on_failure = 1 };
// A program that is kept alive, under the step's name. The step is done when it runs.
struct ServiceStep {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::vector<FileEntry> files;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  Restart restart = Restart::always;
};

using Action = std::variant<MountStep, DirectoryStep, DeviceStep, FileStep, LinkStep, HostnameStep, RunStep,
                            UnmountStep, ModuleStep, SysctlStep, InterfaceStep, LimitsStep, TimeStep, ServiceStep>;

struct Step {
  std::string name;
  std::uint32_t index = 0;  // in the whole plan
  std::uint32_t timeout_ms = 0;
  std::uint32_t retries = 0;
  OnFailure on_failure = OnFailure::error;
  Action action;
  std::vector<std::uint32_t> after;  // indices of steps that have to be over first; those of other parts are over
};

// Steps to carry out, each as soon as those that it is `after` are over; a step stands behind all of them. One plan may
// come in several parts, with steps of the front end in between.
struct Setup {
  static constexpr std::uint16_t number = 103;
  std::uint64_t plan = 0;
  bool last = true;            // no part follows: the node is up when this one has succeeded
  std::uint32_t limit_ms = 0;  // for the whole part; 0: none
  std::vector<Step> steps;
  std::vector<std::string> spared{};  // services of the plan whose steps it cannot carry out now: they stay as they are
};

// A step of a single file or device.
inline FileStep one_file(std::string path, Content content, std::uint32_t mode = 0644, std::uint32_t uid = 0,
                         std::uint32_t gid = 0) {
  return {{{std::move(path), content, mode, uid, gid, 0}}};
}
inline DeviceStep one_device(std::string path, bool block, std::uint32_t major, std::uint32_t minor,
                             std::uint32_t mode = 0600, std::uint32_t uid = 0, std::uint32_t gid = 0) {
  return {{{std::move(path), block, major, minor, mode, uid, gid}}};
}

}  // namespace transport
