#include "nodeinit/pinned_keys.h"

#include <cerrno>

#include "crypto/key_file.h"
#include "sys/text.h"

namespace node {

using transport::PinnedKeys;
using transport::Protection;

sys::Result<PinnedKeys> read_pinned_keys(sys::Files& files, bool insecure) {
  PinnedKeys keys;
  const auto front_end = crypto::read_public(files, pinned_front_end_path);
  auto cluster = crypto::read_secret(files, pinned_cluster_path, crypto::KeyKind::cluster);
  const bool no_cluster_key = !cluster && cluster.error().code == ENOENT;
  if (!front_end && front_end.error().code == ENOENT && no_cluster_key) {
    if (insecure) return keys;
    return sys::refusal(
        "the image pins no front end key, so this node trusts nobody: build it with nodeimage --keys, or set "
        "insecure = true");
  }
  if (!front_end) return sys::within("this node trusts nobody", front_end.error());
  if (!cluster && !no_cluster_key) return sys::within("this node trusts nobody", cluster.error());
  keys.front_end = *front_end;
  keys.protection = no_cluster_key ? Protection::nk : Protection::nk_psk0;
  if (cluster) keys.cluster_key = *cluster;
  return keys;
}

}  // namespace node
