// The primitives that the Noise state machine is built of, as it names them (Noise Protocol Framework, revision 34,
// sections 4 and 12): X25519, ChaCha20-Poly1305 as in RFC 8439, BLAKE2b with 64 bytes (RFC 7693), and HKDF over
// HMAC-BLAKE2b. libsodium does the work; this and hash.cc of content/ are the only places that know it.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/keys.h"

namespace crypto {

constexpr std::size_t hash_size = 64;  // bytes
constexpr std::size_t tag_size = 16;   // bytes that encryption adds

using Hash = std::array<std::uint8_t, hash_size>;
using View = std::span<const std::uint8_t>;

// DH(): false for a public key with which no secret can be agreed (of low order). `out` may be anything then.
bool agree(const Secret& ours, const PublicKey& theirs, Secret& out);

// HASH() of the pieces, one after the other.
Hash hash(std::initializer_list<View> pieces);

// HKDF(): as many outputs as are not null, two or three. Each of 64 bytes.
void derive(const Hash& chaining_key, View input, Hash* first, Hash* second, Hash* third);

// ENCRYPT(): `out` takes plain.size() + tag_size bytes, and may begin where `plain` does.
void encrypt(const Secret& key, std::uint64_t nonce, View data, View plain, std::uint8_t* out);
// DECRYPT(): `out` takes sealed.size() - tag_size bytes. False when it is not authentic; nothing of use is in `out` then.
bool decrypt(const Secret& key, std::uint64_t nonce, View data, View sealed, std::uint8_t* out);

void wipe(std::span<std::uint8_t> bytes);

std::string to_hex(View bytes);                                     // lower case
bool from_hex(std::string_view text, std::span<std::uint8_t> out);  // exactly 2 * out.size() digits

}  // namespace crypto
