#include "nodeinit/pinned_keys.h"

#include "crypto/key_file.h"
#include "sys/text.h"

namespace node {

using transport::PinnedKeys;
using transport::Protection;

namespace {

// A link that leads nowhere is there: it is an error to read it, and no reason to do without.
bool absent(sys::Files& files, const char* path) {
  const auto facts = files.facts(path);
  return facts && !*facts;
}

}  // namespace

sys::Result<PinnedKeys> read_pinned_keys(sys::Files& files, bool insecure) {
  PinnedKeys keys;
  const bool no_cluster_key = absent(files, pinned_cluster_path);
  if (absent(files, pinned_front_end_path) && no_cluster_key) {
    if (insecure) return keys;
    return sys::refusal(
        "the image pins no front end key, so this node trusts nobody: build it with nodeimage --keys, or set "
        "insecure = true");
  }
  const auto front_end = crypto::read_public(files, pinned_front_end_path);
  if (!front_end) return sys::within("this node trusts nobody", front_end.error());
  keys.front_end = *front_end;
  keys.protection = Protection::nk;
  if (no_cluster_key) return keys;
  const auto cluster = crypto::read_secret(files, pinned_cluster_path, crypto::KeyKind::cluster);
  if (!cluster) return sys::within("this node trusts nobody", cluster.error());
  keys.protection = Protection::nk_psk0;
  keys.cluster_key = *cluster;
  return keys;
}

}  // namespace node
