// Keys: X25519 key pairs (RFC 7748) and shared secrets. A secret is wiped when it goes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crypto/random.h"
#include "sys/result.h"

namespace crypto {

constexpr std::size_t key_size = 32;  // bytes, of every key

using PublicKey = std::array<std::uint8_t, key_size>;

class Secret {
 public:
  Secret() = default;
  ~Secret();
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;

  std::span<std::uint8_t, key_size> bytes() { return bytes_; }
  std::span<const std::uint8_t, key_size> bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, key_size> bytes_{};
};

sys::Result<Secret> make_secret(const Random& random);
PublicKey public_of(const Secret& secret);
// Whether no secret can be agreed with the holder of `key`, if there were one: the outcome is the same whatever our own
// secret is (RFC 7748, section 6.1). No key pair has such a key.
bool is_of_low_order(const PublicKey& key);

// What people and logs call a key, and what tells peers early that they have different ones: the first 8 bytes of its
// hash. A cluster key is a secret; its fingerprint gives nothing away, since the key cannot be guessed.
using Fingerprint = std::array<std::uint8_t, 8>;
Fingerprint fingerprint_of(const PublicKey& key);
Fingerprint fingerprint_of(const Secret& key);
std::string format(const Fingerprint& fingerprint);  // 16 hexadecimal digits

}  // namespace crypto
