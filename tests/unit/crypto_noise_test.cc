#include "crypto/noise.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/primitives.h"

using namespace crypto;

namespace {

using Octets = std::vector<std::uint8_t>;

Octets octets(const nlohmann::json& from, const char* key) {
  const auto text = from.value(key, std::string());
  Octets bytes(text.size() / 2);
  REQUIRE(from_hex(text, bytes));
  return bytes;
}

template <class Key> Key key_in(const nlohmann::json& from, const char* key) {
  const Octets bytes = octets(from, key);
  Key out{};
  if constexpr (std::is_same_v<Key, Secret>) {
    if (bytes.size() == key_size) std::copy(bytes.begin(), bytes.end(), out.bytes().begin());
  } else {
    if (bytes.size() == key_size) std::copy(bytes.begin(), bytes.end(), out.begin());
  }
  return out;
}

Secret shared_in(const nlohmann::json& vector, const char* side) {
  Secret shared;
  const auto key = std::string(side) + "_psks";
  if (!vector.contains(key) || vector.at(key).empty()) return shared;
  Octets bytes(key_size);
  REQUIRE(from_hex(vector.at(key).at(0).get<std::string>(), bytes));
  std::copy(bytes.begin(), bytes.end(), shared.bytes().begin());
  return shared;
}

Pattern pattern_named(const std::string& name) {
  for (const Pattern pattern : {Pattern::nk, Pattern::nk_psk0, Pattern::nn_psk0}) {
    if (name_of(pattern) == name) return pattern;
  }
  FAIL("no such pattern: " << name);
  return Pattern::nk;
}

struct Pair {
  explicit Pair(const nlohmann::json& vector)
      : pattern(pattern_named(vector.at("protocol_name"))),
        initiator(pattern, Role::initiator, octets(vector, "init_prologue"),
                  {.ephemeral = key_in<Secret>(vector, "init_ephemeral"),
                   .own_static = {},
                   .responder_static = key_in<PublicKey>(vector, "init_remote_static"),
                   .shared = shared_in(vector, "init")}),
        responder(pattern, Role::responder, octets(vector, "resp_prologue"),
                  {.ephemeral = key_in<Secret>(vector, "resp_ephemeral"),
                   .own_static = key_in<Secret>(vector, "resp_static"),
                   .responder_static = public_of(key_in<Secret>(vector, "resp_static")),
                   .shared = shared_in(vector, "resp")}) {}

  Pattern pattern;
  Handshake initiator;
  Handshake responder;
};

nlohmann::json vectors() {
  std::ifstream file("tests/data/noise-vectors.json");
  REQUIRE(file);
  return nlohmann::json::parse(file).at("vectors");
}

HandshakeKeys keys_of(std::uint8_t ephemeral, const Secret& own) {
  HandshakeKeys keys;
  std::fill(keys.ephemeral.bytes().begin(), keys.ephemeral.bytes().end(), ephemeral);
  keys.own_static = own;
  Secret front_end;
  std::fill(front_end.bytes().begin(), front_end.bytes().end(), std::uint8_t{9});
  keys.responder_static = public_of(front_end);
  return keys;
}

struct Fresh {
  explicit Fresh(Pattern pattern, Octets prologue = {1, 2, 3})
      : initiator(pattern, Role::initiator, prologue, keys_of(1, {})),
        responder(pattern, Role::responder, Octets{1, 2, 3}, keys_of(2, front_end())) {}
  static Secret front_end() {
    Secret secret;
    std::fill(secret.bytes().begin(), secret.bytes().end(), std::uint8_t{9});
    return secret;
  }
  Handshake initiator;
  Handshake responder;
};

}  // namespace

TEST_CASE("noise: the published vectors, handshake and transport") {
  const auto all = vectors();
  REQUIRE(all.size() >= 3);
  for (const auto& vector : all) {
    CAPTURE(vector.at("protocol_name").get<std::string>());
    Pair pair(vector);
    std::size_t index = 0;
    std::optional<Handshake::Ciphers> initiator;
    std::optional<Handshake::Ciphers> responder;
    for (const auto& message : vector.at("messages")) {
      CAPTURE(index);
      const bool forth = index++ % 2 == 0;
      const Octets payload = octets(message, "payload");
      const Octets expected = octets(message, "ciphertext");
      Octets wire;
      Octets read;
      if (index <= 2) {
        REQUIRE((forth ? pair.initiator : pair.responder).write(payload, wire));
        REQUIRE((forth ? pair.responder : pair.initiator).read(wire, read));
        if (index == 2) {
          initiator = pair.initiator.split();
          responder = pair.responder.split();
        }
      } else {
        wire.resize(payload.size() + tag_size);
        (forth ? initiator : responder)->send.encrypt({}, payload, wire.data());
        read.resize(payload.size());
        REQUIRE((forth ? responder : initiator)->receive.decrypt({}, wire, read.data()));
      }
      CHECK(wire == expected);
      CHECK(read == payload);
    }
    CHECK(index > 2);
    if (!vector.contains("handshake_hash")) continue;
    CHECK(to_hex(pair.initiator.hash()) == vector.at("handshake_hash").get<std::string>());
    CHECK(pair.initiator.hash() == pair.responder.hash());
  }
}

TEST_CASE("noise: the file of vectors has every pattern that is spoken") {
  std::vector<std::string> names;
  for (const auto& vector : vectors())
    names.push_back(vector.at("protocol_name"));
  for (const Pattern pattern : {Pattern::nk, Pattern::nk_psk0, Pattern::nn_psk0}) {
    CHECK(std::find(names.begin(), names.end(), name_of(pattern)) != names.end());
  }
}

TEST_CASE("noise: no bit of a handshake message can be changed, none left out, none added") {
  for (const Pattern pattern : {Pattern::nk, Pattern::nk_psk0, Pattern::nn_psk0}) {
    CAPTURE(name_of(pattern));
    Octets first;
    REQUIRE(Fresh(pattern).initiator.write(Octets{42}, first));
    for (std::size_t bit = 0; bit < 8 * first.size(); ++bit) {
      Octets changed = first;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      // X25519 does not look at the highest bit of a public key; that it is part of the hash makes up for it.
      Octets payload;
      CHECK_FALSE(Fresh(pattern).responder.read(changed, payload));
      CHECK(payload.empty());
    }
    for (std::size_t size = 0; size < first.size(); ++size) {
      Octets payload;
      CHECK_FALSE(Fresh(pattern).responder.read(View(first).first(size), payload));
    }
    first.push_back(0);
    Octets payload;
    CHECK_FALSE(Fresh(pattern).responder.read(first, payload));
  }
}

TEST_CASE("noise: another prologue, another shared key, another static key: no handshake") {
  Octets wire;
  Octets payload;
  REQUIRE(Fresh(Pattern::nk, {1, 2, 4}).initiator.write({}, wire));
  CHECK_FALSE(Fresh(Pattern::nk).responder.read(wire, payload));

  HandshakeKeys other = keys_of(1, {});
  other.shared.bytes()[0] = 1;
  Handshake stranger(Pattern::nk_psk0, Role::initiator, Octets{1, 2, 3}, other);
  wire.clear();
  REQUIRE(stranger.write({}, wire));
  CHECK_FALSE(Fresh(Pattern::nk_psk0).responder.read(wire, payload));

  other = keys_of(1, {});
  other.responder_static = public_of(other.ephemeral);
  Handshake misled(Pattern::nk, Role::initiator, Octets{1, 2, 3}, other);
  wire.clear();
  REQUIRE(misled.write({}, wire));
  CHECK_FALSE(Fresh(Pattern::nk).responder.read(wire, payload));
}

TEST_CASE("noise: a public key of low order is refused") {
  Octets message(key_size + tag_size, 0);  // the point 0
  Octets payload;
  const auto read = Fresh(Pattern::nk).responder.read(message, payload);
  REQUIRE_FALSE(read);
  CHECK(read.error().what == "a public key with which no secret can be agreed");
}

TEST_CASE("noise: a cipher state takes messages in order, once each, and goes on after a forged one") {
  Secret key;
  key.bytes()[0] = 5;
  CipherState sender(key);
  CipherState receiver(key);
  Octets one(3 + tag_size);
  Octets two(3 + tag_size);
  const Octets plain = {1, 2, 3};
  sender.encrypt({}, plain, one.data());
  sender.encrypt({}, plain, two.data());
  Octets out(3);
  CHECK_FALSE(receiver.decrypt({}, two, out.data()));
  CHECK(receiver.decrypt({}, one, out.data()));
  CHECK(out == plain);
  CHECK_FALSE(receiver.decrypt({}, one, out.data()));
  CHECK(receiver.decrypt({}, two, out.data()));
}

TEST_CASE("noise: rekey gives both sides the same new key, and the old one opens nothing") {
  Secret key;
  key.bytes()[0] = 5;
  CipherState sender(key);
  CipherState receiver(key);
  CipherState behind(key);
  sender.rekey();
  receiver.rekey();
  Octets sealed(3 + tag_size);
  const Octets plain = {1, 2, 3};
  sender.encrypt({}, plain, sealed.data());
  Octets out(3);
  CHECK(receiver.decrypt({}, sealed, out.data()));
  CHECK(out == plain);
  CHECK_FALSE(behind.decrypt({}, sealed, out.data()));
}

TEST_CASE("crypto: BLAKE2b gives what its document says, in pieces too") {
  // RFC 7693, appendix A.
  const Octets abc = {'a', 'b', 'c'};
  CHECK(to_hex(hash({abc})) ==
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  CHECK(hash({View(abc).first(1), View(abc).subspan(1)}) == hash({abc}));
}

TEST_CASE("crypto: hexadecimal digits are exact") {
  std::array<std::uint8_t, 2> out{};
  CHECK(from_hex("00fF", out));
  CHECK(out[1] == 255);
  for (const char* wrong : {"", "00f", "00ff0", "00fg", " 0ff", "00f ", "0x00", "00:f"})
    CHECK_FALSE(from_hex(wrong, out));
}
