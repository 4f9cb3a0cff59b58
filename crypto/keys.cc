#include "crypto/keys.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/primitives.h"

namespace crypto {

namespace {

// Apart from other uses of the same hash: a fingerprint is of no use as anything else.
constexpr std::string_view public_label = "nodeinit fingerprint of a public key";
constexpr std::string_view secret_label = "nodeinit fingerprint of a secret key";

Fingerprint fingerprint(std::string_view label, std::span<const std::uint8_t> key) {
  Hash whole = hash({{reinterpret_cast<const std::uint8_t*>(label.data()), label.size()}, key});
  Fingerprint head;
  std::copy_n(whole.begin(), head.size(), head.begin());
  return head;
}

}  // namespace

Secret::~Secret() { sodium_memzero(bytes_.data(), bytes_.size()); }

sys::Result<Secret> make_secret(const Random& random) {
  Secret secret;
  if (const sys::Status filled = random(secret.bytes()); !filled) return tl::unexpected(filled.error());
  return secret;
}

PublicKey public_of(const Secret& secret) {
  PublicKey key{};
  crypto_scalarmult_curve25519_base(key.data(), secret.bytes().data());
  return key;
}

// X25519 makes every secret a multiple of 8, and the orders in question divide 8: any secret tells.
bool is_of_low_order(const PublicKey& key) {
  Secret shared;
  return !agree(Secret(), key, shared);
}

Fingerprint fingerprint_of(const PublicKey& key) { return fingerprint(public_label, key); }
Fingerprint fingerprint_of(const Secret& key) { return fingerprint(secret_label, key.bytes()); }

std::string format(const Fingerprint& fingerprint) { return to_hex(fingerprint); }

}  // namespace crypto
