// What every program expects to find, before anything else runs: proc, sysfs, /dev with its nodes, a few directories.
// Tables say what (base_system.cc); each failure is reported and tolerated: a node without /dev/shm is better than no
// node.
//
// On a machine /dev is the kernel's devtmpfs. In a container, whose machine's devices are none of its business, it is a
// tmpfs with the nodes that programs need. /run stays a part of the root file system, so that content can be
// hard-linked from /run/nodeinit/cache to where it is wanted.
#pragma once

#include <string>
#include <vector>

#include "sys/files.h"
#include "sys/mounts.h"
#include "sys/result.h"

namespace node {

struct BaseAction {
  std::string name;  // "mount proc on /proc"
  sys::Status status;
};

// Mounts /proc, without which nobody can tell what kind of place this is.
BaseAction mount_proc(sys::Files& files, sys::Mounts& mounts);

// All the rest. What is there already is left as it is.
std::vector<BaseAction> make_base_system(sys::Files& files, sys::Mounts& mounts, bool in_container);

}  // namespace node
