// The Noise Protocol Framework (revision 34, https://noiseprotocol.org/noise.html) for the three patterns that nodeinit
// speaks, with 25519, ChaChaPoly and BLAKE2b. A state machine over bytes that knows no sockets:
//
//   NK       -> e, es         <- e, ee      the initiator knows the responder's static key
//   NKpsk0   -> psk, e, es    <- e, ee      the same, and both know a secret
//   NNpsk0   -> psk, e        <- e, ee      both know a secret, nothing else
//
//   writing / reading in turn --last message--> finished --split()--> two cipher states
//           \--a message that is not authentic--> over: nothing more can be done with it
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/keys.h"
#include "crypto/primitives.h"
#include "sys/result.h"

namespace crypto {

enum class Pattern : std::uint8_t { nk, nk_psk0, nn_psk0 };
std::string_view name_of(Pattern pattern);  // "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b"

enum class Role : std::uint8_t { initiator, responder };

// One direction of an established channel, or the state in the middle of a handshake: a key and the number of the next
// message (section 5.1).
class CipherState {
 public:
  CipherState() = default;  // without a key: bytes pass unchanged
  explicit CipherState(const Secret& key) : key_(key), has_key_(true) {}

  std::size_t overhead() const { return has_key_ ? tag_size : 0; }
  // `out` takes plain.size() + overhead() bytes.
  void encrypt(View data, View plain, std::uint8_t* out);
  // `out` takes sealed.size() - overhead() bytes. False: not authentic; the state is as before.
  bool decrypt(View data, View sealed, std::uint8_t* out);
  // A new key from the old one, which is gone then (section 11.3). The numbering goes on.
  void rekey();

 private:
  Secret key_;
  bool has_key_ = false;
  std::uint64_t next_ = 0;  // 2^64 messages are more than a connection can carry
};

struct HandshakeKeys {
  Secret ephemeral;              // of this side, fresh
  Secret own_static;             // NK, NKpsk0: the responder's, which only it has
  PublicKey responder_static{};  // NK, NKpsk0: its public part, which both have
  Secret shared;                 // NKpsk0, NNpsk0
};

class Handshake {
 public:
  Handshake(Pattern pattern, Role role, View prologue, const HandshakeKeys& keys);
  ~Handshake();

  bool finished() const { return message_ == 2; }
  // Appends our next message with `payload` in it. Only when it is this side's turn.
  sys::Status write(View payload, std::vector<std::uint8_t>& out);
  // The peer's next message; appends its payload. Only when it is the peer's turn. After an error it is over.
  sys::Status read(View message, std::vector<std::uint8_t>& payload);
  // Of a message that has an empty payload, the same in all patterns here: a key and a tag. Bytes.
  static constexpr std::size_t message_size = key_size + tag_size;

  struct Ciphers {
    CipherState send;
    CipherState receive;
  };
  Ciphers split() const;
  // h: names this very handshake, the same on both sides.
  const Hash& hash() const { return hash_; }

 private:
  void mix_key(View input);
  void mix_hash(View data);
  void mix_key_and_hash(View input);
  sys::Status mix_agreement(const Secret& ours, const PublicKey& theirs);
  sys::Status mix_token(std::uint8_t token);
  void take_public(const PublicKey& ephemeral);

  const Pattern pattern_;
  const Role role_;
  HandshakeKeys keys_;
  PublicKey own_ephemeral_{};
  PublicKey remote_ephemeral_{};
  Hash hash_;
  Hash chaining_key_;
  CipherState cipher_;
  unsigned message_ = 0;  // next: 0 is the initiator's, 1 the responder's
};

}  // namespace crypto
