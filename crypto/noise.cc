#include "crypto/noise.h"

#include <algorithm>
#include <array>
#include <limits>

#include "crypto/sodium.h"

namespace crypto {

namespace {

enum Token : std::uint8_t { none, e, es, ee, psk };

struct PatternRow {
  std::string_view name;
  bool static_key;  // of the responder, known beforehand: "<- s ..."
  bool shared_key;  // every e is mixed into the key as well (section 9.2)
  std::array<std::array<Token, 3>, 2> messages;
};

constexpr std::array<PatternRow, 3> patterns = {{
    {"Noise_NK_25519_ChaChaPoly_BLAKE2b", true, false, {{{e, es, none}, {e, ee, none}}}},
    {"Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b", true, true, {{{psk, e, es}, {e, ee, none}}}},
    {"Noise_NNpsk0_25519_ChaChaPoly_BLAKE2b", false, true, {{{psk, e, none}, {e, ee, none}}}},
}};

// Longer ones would be hashed first (section 5.2).
static_assert(std::all_of(patterns.begin(), patterns.end(),
                          [](const PatternRow& row) { return row.name.size() <= hash_size; }));

const PatternRow& row_of(Pattern pattern) { return patterns[static_cast<std::size_t>(pattern)]; }

// The first half of an output of HKDF is what keys are made of.
Secret key_of(Hash& output) {
  Secret key;
  std::copy_n(output.begin(), key_size, key.bytes().begin());
  wipe(output);
  return key;
}

}  // namespace

std::string_view name_of(Pattern pattern) { return row_of(pattern).name; }

// ---------------------------------------------------------------- CipherState

void CipherState::encrypt(View data, View plain, std::uint8_t* out) {
  if (has_key_) return crypto::encrypt(key_, next_++, data, plain, out);
  std::copy(plain.begin(), plain.end(), out);
}

bool CipherState::decrypt(View data, View sealed, std::uint8_t* out) {
  if (!has_key_) {
    std::copy(sealed.begin(), sealed.end(), out);
    return true;
  }
  if (!crypto::decrypt(key_, next_, data, sealed, out)) return false;
  ++next_;
  return true;
}

void CipherState::rekey() {
  constexpr std::array<std::uint8_t, key_size> zeros{};
  std::array<std::uint8_t, key_size + tag_size> out;
  crypto::encrypt(key_, std::numeric_limits<std::uint64_t>::max(), {}, zeros, out.data());
  std::copy_n(out.begin(), key_size, key_.bytes().begin());
  wipe(out);
}

// ---------------------------------------------------------------- Handshake

Handshake::Handshake(Pattern pattern, Role role, View prologue, const HandshakeKeys& keys)
    : pattern_(pattern), role_(role), keys_(keys) {
  prepare_sodium();
  const PatternRow& row = row_of(pattern);
  own_ephemeral_ = public_of(keys_.ephemeral);
  hash_ = {};
  std::copy(row.name.begin(), row.name.end(), hash_.begin());
  chaining_key_ = hash_;
  mix_hash(prologue);
  if (row.static_key) mix_hash(keys_.responder_static);
}

Handshake::~Handshake() { wipe(chaining_key_); }

void Handshake::mix_key(View input) {
  Hash key;
  derive(chaining_key_, input, &chaining_key_, &key, nullptr);
  cipher_ = CipherState(key_of(key));
}

void Handshake::mix_hash(View data) { hash_ = crypto::hash({hash_, data}); }

void Handshake::mix_key_and_hash(View input) {
  Hash for_hash;
  Hash key;
  derive(chaining_key_, input, &chaining_key_, &for_hash, &key);
  mix_hash(for_hash);
  cipher_ = CipherState(key_of(key));
}

sys::Status Handshake::mix_agreement(const Secret& ours, const PublicKey& theirs) {
  Secret agreed;
  if (!agree(ours, theirs, agreed)) return sys::refusal("a public key with which no secret can be agreed");
  mix_key(agreed.bytes());
  return {};
}

void Handshake::take_public(const PublicKey& ephemeral) {
  mix_hash(ephemeral);
  if (row_of(pattern_).shared_key) mix_key(ephemeral);
}

// All tokens but e, which reads or writes.
sys::Status Handshake::mix_token(std::uint8_t token) {
  const bool initiator = role_ == Role::initiator;
  switch (token) {
    case psk:
      mix_key_and_hash(keys_.shared.bytes());
      return {};
    case es:
      return initiator ? mix_agreement(keys_.ephemeral, keys_.responder_static)
                       : mix_agreement(keys_.own_static, remote_ephemeral_);
    case ee:
      return mix_agreement(keys_.ephemeral, remote_ephemeral_);
    default:
      return {};
  }
}

sys::Status Handshake::write(View payload, std::vector<std::uint8_t>& out) {
  for (const Token token : row_of(pattern_).messages[message_]) {
    if (token == e) {
      out.insert(out.end(), own_ephemeral_.begin(), own_ephemeral_.end());
      take_public(own_ephemeral_);
    } else if (const sys::Status mixed = mix_token(token); !mixed) {
      return mixed;
    }
  }
  const std::size_t at = out.size();
  out.resize(at + payload.size() + cipher_.overhead());
  cipher_.encrypt(hash_, payload, out.data() + at);
  mix_hash(View(out).subspan(at));
  ++message_;
  return {};
}

sys::Status Handshake::read(View message, std::vector<std::uint8_t>& payload) {
  for (const Token token : row_of(pattern_).messages[message_]) {
    if (token == e) {
      if (message.size() < key_size) return sys::refusal("a handshake message that is too short for a key");
      std::copy_n(message.begin(), key_size, remote_ephemeral_.begin());
      message = message.subspan(key_size);
      take_public(remote_ephemeral_);
    } else if (const sys::Status mixed = mix_token(token); !mixed) {
      return mixed;
    }
  }
  if (message.size() < cipher_.overhead()) return sys::refusal("a handshake message that is too short for its tag");
  const std::size_t at = payload.size();
  payload.resize(at + message.size() - cipher_.overhead());
  if (!cipher_.decrypt(hash_, message, payload.data() + at)) {
    payload.resize(at);
    return sys::refusal("a handshake message that is not authentic");
  }
  mix_hash(message);
  ++message_;
  return {};
}

Handshake::Ciphers Handshake::split() const {
  Hash first;
  Hash second;
  derive(chaining_key_, {}, &first, &second, nullptr);
  const CipherState of_initiator(key_of(first));
  const CipherState of_responder(key_of(second));
  if (role_ == Role::initiator) return {of_initiator, of_responder};
  return {of_responder, of_initiator};
}

}  // namespace crypto
