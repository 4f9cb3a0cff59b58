// A machine for a node, made of namespaces: its own processes, mounts, host name, System V IPC, cgroups, and a network
// that was prepared beforehand. Its root is a tmpfs with the image's contents; /init is its PID 1.
#pragma once

#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"

namespace lab {

struct MachineSpec {
  std::string image;                   // file; or empty, and
  std::string root;                    // a directory to copy init and etc/ from
  std::vector<std::string> arguments;  // of /init
  std::string cgroup;                  // the directory for its cgroups (cgroup.h); empty: it has those of this machine
};

// Enters the network namespace /run/netns/NAME for good, with IPv6 off there: a thousand nodes would
// otherwise probe a thousand link-local addresses.
sys::Status enter_network(const std::string& name);

// Boots the machine, console (standard output and error of PID 1) as given, and returns its PID 1. What
// fails in the new machine before /init runs is said on the console; PID 1 then exits with `boot_failed`.
constexpr int boot_failed = 126;
sys::Result<int> boot(const MachineSpec& spec, int console);

}  // namespace lab
