// By what this node recognises its front end: the keys that nodeimage has put into the image.
//
//   /etc/nodeinit/front-end.pub   the front end's public key: without it the node joins nobody
//   /etc/nodeinit/cluster.key     the cluster key, mode 0600; absent when the cluster has none
//
// A key file that cannot be used is never taken for an absent one. `insecure = true` counts only in an image without
// keys: what a boot server adds to the kernel's command line does not take away what the image pins.
#pragma once

#include "sys/files.h"
#include "sys/result.h"
#include "transport/trust.h"

namespace node {

constexpr char pinned_front_end_path[] = "/etc/nodeinit/front-end.pub";
constexpr char pinned_cluster_path[] = "/etc/nodeinit/cluster.key";

// An error, ready for the console, when the node has to stay away from every front end.
sys::Result<transport::PinnedKeys> read_pinned_keys(sys::Files& files, bool insecure);

}  // namespace node
