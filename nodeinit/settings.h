// How this node is set: one table (settings.cc) names every key, what it takes and what it is for. The sources, weakest
// first:
//
//   defaults   the initial values below
//   file       /etc/nodeinit.toml of the image (settings_file.h)
//   kernel     nodeinit.KEY=VALUE words of the kernel command line; not in a container, whose machine it speaks of
//   arguments  KEY=VALUE arguments of the program itself
//
// Every source becomes a list of assignments, with the place each came from. A bad one is a problem in words; it
// changes nothing, and the boot goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "network/discovery.h"
#include "sys/log.h"
#include "transport/messages.h"

namespace node {

// Bytes, or a share of the machine's memory.
struct MemoryShare {
  std::uint64_t bytes = 0;  // 0: `percent` counts
  unsigned percent = 25;
};

struct Settings {
  network::DiscoveryOptions discovery;
  std::uint16_t port = transport::default_port;                // of the front end
  std::vector<std::string> modules;                            // in the order in which they are loaded
  sys::Duration reboot_after = std::chrono::minutes(10);       // without ever having joined; zero: never
  std::optional<sys::Severity> console = sys::Severity::info;  // worst that is shown and all above; nothing: none
  bool kernel_log = true;                                      // lines go to /dev/kmsg too
  MemoryShare cache;                                           // moved files that stay when nothing uses them
  bool insecure = false;                                       // join without keys (pinned_keys.h)
};

struct Assignment {
  std::string origin;  // "/etc/nodeinit.toml:7", "kernel command line"
  std::string key;     // "network.method"
  std::string value;   // a list: its elements with commas between
};

// Carries them out in order. Returns what is wrong, one line each: "ORIGIN: KEY = VALUE: reason".
std::vector<std::string> assign(std::span<const Assignment> assignments, Settings& settings);

// What is wrong with the settings as a whole, and what is done instead.
std::vector<std::string> reconcile(Settings& settings);

// Words of the kernel command line that begin with "nodeinit.", quoted as the kernel quotes; - in a key is _.
std::vector<Assignment> from_kernel_command_line(std::string_view line);

// KEY=VALUE, with or without "nodeinit."; what is not an assignment goes to `problems`.
std::vector<Assignment> from_arguments(std::span<const std::string> arguments, std::vector<std::string>& problems);

// The table as help text.
std::string settings_help();

}  // namespace node
