// The root of a joined node starts clean: frees the memory of the image's files once they have done their work (the
// kernel modules, mostly). Runs in a worker, before the first setup step.
//
// Removed is every file, link and then empty directory of the root file system itself, except
//   /init                what nodeinit re-executes in an emergency
//   /etc                 its configuration, for the same case
//   /dev /proc /sys /tmp /run /run/nodeinit /lib   as directories, which programs and nodeinit expect
// After an emergency that includes the content cache of the former life, of which the new one knows nothing.
// Nothing is done unless the root is in memory (ramfs or tmpfs). Other file systems are never entered, links never
// followed.
#pragma once

#include <cstdint>

#include "sys/files.h"
#include "sys/mounts.h"
#include "sys/result.h"

namespace node {

struct Freed {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

sys::Result<Freed> clean_root(sys::Files& files, sys::Mounts& mounts);

}  // namespace node
