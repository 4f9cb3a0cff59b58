// Who trusts whom, and by what: what the front end has and what a node's image pins. docs/SECURITY.md says what each
// protects from.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/keys.h"

namespace transport {

// As on the wire. Both ends are set to one of them, and nothing is negotiated: who comes with another is refused.
enum class Protection : std::uint8_t {
  clear = 0,    // none at all: `insecure = true` on both sides
  nk = 1,       // the front end proves who it is; any machine may be a node
  nk_psk0 = 2,  // and nodes prove that they have the cluster key
};

std::string_view describe(Protection protection);  // "in the clear", "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b"

// The front end's own.
struct FrontEndKeys {
  Protection protection = Protection::clear;
  crypto::Secret key;
  crypto::PublicKey public_key{};
  crypto::Secret cluster_key;  // nk_psk0
};

// A node's.
struct PinnedKeys {
  Protection protection = Protection::clear;
  crypto::PublicKey front_end{};
  crypto::Secret cluster_key;  // nk_psk0
};

}  // namespace transport
