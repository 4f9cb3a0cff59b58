#include "crypto/primitives.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/sodium.h"

namespace crypto {

namespace {

constexpr std::size_t block_size = 128;  // of BLAKE2b, bytes

class Hashing {
 public:
  Hashing() {
    prepare_sodium();
    crypto_generichash_init(&state_, nullptr, 0, hash_size);
  }
  ~Hashing() { sodium_memzero(&state_, sizeof state_); }
  Hashing(const Hashing&) = delete;
  Hashing& operator=(const Hashing&) = delete;

  Hashing& add(View piece) {
    crypto_generichash_update(&state_, piece.data(), piece.size());
    return *this;
  }
  Hash finish() {
    Hash hash;
    crypto_generichash_final(&state_, hash.data(), hash.size());
    return hash;
  }

 private:
  crypto_generichash_state state_;
};

// HMAC (RFC 2104) over BLAKE2b, as Noise wants it: not BLAKE2b's own keyed mode. Keys here are hashes: below a block.
Hash hmac(const Hash& key, std::initializer_list<View> pieces) {
  std::array<std::uint8_t, block_size> inner{};
  std::array<std::uint8_t, block_size> outer{};
  std::copy(key.begin(), key.end(), inner.begin());
  std::copy(key.begin(), key.end(), outer.begin());
  for (std::uint8_t& byte : inner)
    byte ^= 0x36;
  for (std::uint8_t& byte : outer)
    byte ^= 0x5c;
  Hashing hashing;
  hashing.add(inner);
  for (const View piece : pieces)
    hashing.add(piece);
  const Hash middle = hashing.finish();
  wipe(inner);
  const Hash result = hash({outer, middle});
  wipe(outer);
  return result;
}

using Nonce = std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

// 32 bits of zeros, then the number with its lowest byte first.
Nonce nonce_of(std::uint64_t number) {
  Nonce nonce{};
  for (std::size_t i = 4; i < nonce.size(); ++i, number >>= 8)
    nonce[i] = static_cast<std::uint8_t>(number);
  return nonce;
}

static_assert(tag_size == crypto_aead_chacha20poly1305_ietf_ABYTES);
static_assert(key_size == crypto_aead_chacha20poly1305_ietf_KEYBYTES && key_size == crypto_scalarmult_curve25519_BYTES);

}  // namespace

bool agree(const Secret& ours, const PublicKey& theirs, Secret& out) {
  return crypto_scalarmult_curve25519(out.bytes().data(), ours.bytes().data(), theirs.data()) == 0;
}

Hash hash(std::initializer_list<View> pieces) {
  Hashing hashing;
  for (const View piece : pieces)
    hashing.add(piece);
  return hashing.finish();
}

void derive(const Hash& chaining_key, View input, Hash* first, Hash* second, Hash* third) {
  constexpr std::array<std::uint8_t, 3> counters = {1, 2, 3};
  const View counter(counters);
  Hash extracted = hmac(chaining_key, {input});
  *first = hmac(extracted, {counter.subspan(0, 1)});
  *second = hmac(extracted, {*first, counter.subspan(1, 1)});
  if (third != nullptr) *third = hmac(extracted, {*second, counter.subspan(2, 1)});
  wipe(extracted);
}

void encrypt(const Secret& key, std::uint64_t nonce, View data, View plain, std::uint8_t* out) {
  prepare_sodium();
  const Nonce bytes = nonce_of(nonce);
  crypto_aead_chacha20poly1305_ietf_encrypt(out, nullptr, plain.data(), plain.size(), data.data(), data.size(), nullptr,
                                            bytes.data(), key.bytes().data());
}

bool decrypt(const Secret& key, std::uint64_t nonce, View data, View sealed, std::uint8_t* out) {
  if (sealed.size() < tag_size) return false;
  prepare_sodium();
  const Nonce bytes = nonce_of(nonce);
  return crypto_aead_chacha20poly1305_ietf_decrypt(out, nullptr, nullptr, sealed.data(), sealed.size(), data.data(),
                                                   data.size(), bytes.data(), key.bytes().data()) == 0;
}

void wipe(std::span<std::uint8_t> bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

std::string to_hex(View bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != 2 * out.size()) return false;
  if (out.empty()) return true;
  std::size_t size = 0;
  const char* end = nullptr;
  return sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end) == 0 &&
         size == out.size() && end == text.data() + text.size();
}

}  // namespace crypto
