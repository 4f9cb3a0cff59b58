#include "transport/secure_channel.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "crypto/primitives.h"
#include "sys/log.h"
#include "tests/fakes/fake_stream.h"
#include "transport/connection.h"
#include "transport/preamble.h"
#include "transport/records.h"

using namespace transport;

namespace {

Bytes bytes_of(std::string_view text) {
  const auto span = std::as_bytes(std::span(text));
  return {span.begin(), span.end()};
}

std::string text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Different bytes with every key, and the same in every test.
crypto::Random random_from(std::uint8_t& next) {
  return [&next](std::span<std::uint8_t> key) -> sys::Status {
    std::fill(key.begin(), key.end(), ++next);
    return {};
  };
}

FrontEndKeys keys_with(Protection protection, std::uint8_t seed = 1) {
  FrontEndKeys keys;
  keys.protection = protection;
  std::fill(keys.key.bytes().begin(), keys.key.bytes().end(), seed);
  keys.public_key = crypto::public_of(keys.key);
  std::fill(keys.cluster_key.bytes().begin(), keys.cluster_key.bytes().end(), static_cast<std::uint8_t>(seed + 50));
  return keys;
}

PinnedKeys pinned(const FrontEndKeys& keys) {
  return {.protection = keys.protection, .front_end = keys.public_key, .cluster_key = keys.cluster_key};
}

constexpr Protection every_protection[] = {Protection::clear, Protection::nk, Protection::nk_psk0};

// The two ends, and the wire between them in the hands of the test.
struct Ends {
  explicit Ends(Protection protection, std::uint64_t records_per_key = 5)
      : Ends(keys_with(protection), pinned(keys_with(protection)), records_per_key) {}
  Ends(const FrontEndKeys& ours, const PinnedKeys& theirs, std::uint64_t records_per_key = 5)
      : keys(ours),
        node(make_node_channel(theirs, random_from(seed), records_per_key)),
        front_end(make_front_end_channel(keys, guard, random_from(seed), records_per_key)) {
    REQUIRE(node->begin(to_front_end));
  }

  sys::Status front_end_reads(const Bytes& wire) { return front_end->receive(wire, heard_by_front_end, to_node); }
  sys::Status node_reads(const Bytes& wire) { return node->receive(wire, heard_by_node, to_front_end); }
  void shake_hands() {
    REQUIRE(front_end_reads(std::exchange(to_front_end, {})));
    REQUIRE(node_reads(std::exchange(to_node, {})));
    REQUIRE(node->established());
    REQUIRE(front_end->established());
  }
  Bytes sealed(Channel& by, std::string_view text) {
    Bytes wire;
    by.seal(bytes_of(text), wire);
    return wire;
  }

  std::uint8_t seed = 10;
  FrontEndKeys keys;
  ReplayGuard guard;
  std::unique_ptr<Channel> node;
  std::unique_ptr<Channel> front_end;
  Bytes to_front_end, to_node, heard_by_front_end, heard_by_node;
};

}  // namespace

TEST_CASE("secure channel: what one end says the other hears, in pieces of any size") {
  for (const Protection protection : every_protection) {
    CAPTURE(describe(protection));
    for (const std::size_t piece : {1u, 2u, 3u, 17u, 4096u, 1u << 20}) {
      CAPTURE(piece);
      Ends ends(protection);
      ends.shake_hands();
      std::string said;
      Bytes wire;
      for (int i = 0; i < 40; ++i) {  // past several new keys
        const std::string text(static_cast<std::size_t>(1 + i * 997 % 40000), static_cast<char>('a' + i % 26));
        said += text;
        ends.front_end->seal(bytes_of(text), wire);
      }
      for (std::size_t at = 0; at < wire.size(); at += piece) {
        const auto part = std::span(wire).subspan(at, std::min(piece, wire.size() - at));
        REQUIRE(ends.node->receive(part, ends.heard_by_node, ends.to_front_end));
      }
      CHECK(text_of(ends.heard_by_node) == said);
      CHECK(ends.node->incomplete() == 0);
      REQUIRE(ends.front_end_reads(ends.sealed(*ends.node, "back")));
      CHECK(text_of(ends.heard_by_front_end) == "back");
    }
  }
}

TEST_CASE("secure channel: a handshake that comes byte by byte is complete in the end") {
  for (const Protection protection : every_protection) {
    Ends ends(protection);
    for (const std::byte byte : std::exchange(ends.to_front_end, {}))
      REQUIRE(ends.front_end_reads({byte}));
    for (const std::byte byte : std::exchange(ends.to_node, {}))
      REQUIRE(ends.node_reads({byte}));
    CHECK(ends.node->established());
    CHECK(ends.front_end->established());
  }
}

TEST_CASE("secure channel: nothing that is said is on the wire") {
  for (const Protection protection : {Protection::nk, Protection::nk_psk0}) {
    Ends ends(protection);
    ends.shake_hands();
    const Bytes wire = ends.sealed(*ends.node, "a secret that is long enough to be looked for");
    CHECK(text_of(wire).find("secret") == std::string::npos);
    CHECK(wire != ends.sealed(*ends.node, "a secret that is long enough to be looked for"));
  }
}

TEST_CASE("secure channel: no bit of the handshake can be changed, in either direction") {
  for (const Protection protection : {Protection::nk, Protection::nk_psk0}) {
    CAPTURE(describe(protection));
    const std::size_t forth = Ends(protection).to_front_end.size();
    for (std::size_t bit = 0; bit < 8 * forth; ++bit) {
      CAPTURE(bit);
      Ends ends(protection);
      ends.to_front_end[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      CHECK_FALSE(ends.front_end_reads(ends.to_front_end));
      CHECK(ends.front_end->fault() != ChannelFault::none);
      CHECK_FALSE(ends.front_end->established());
    }
    // Of the answer all but the version and the protection, which say why in a refusal and nothing otherwise.
    Ends good(protection);
    REQUIRE(good.front_end_reads(good.to_front_end));
    for (std::size_t bit = 0; bit < 8 * good.to_node.size(); ++bit) {
      CAPTURE(bit);
      if (bit / 8 >= 8 && bit / 8 < 12 && bit / 8 != 10) continue;
      Ends ends(protection);
      REQUIRE(ends.front_end_reads(ends.to_front_end));
      ends.to_node[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      CHECK_FALSE(ends.node_reads(ends.to_node));
      CHECK_FALSE(ends.node->established());
    }
  }
}

TEST_CASE("secure channel: records that are changed, repeated, left out or swapped end it") {
  for (const Protection protection : {Protection::nk, Protection::nk_psk0}) {
    const auto refused = [&](const char* what, auto&& spoil) {
      CAPTURE(what);
      Ends ends(protection);
      ends.shake_hands();
      Bytes one = ends.sealed(*ends.node, "one");
      Bytes two = ends.sealed(*ends.node, "two");
      const Bytes wire = spoil(one, two);
      const auto read = ends.front_end_reads(wire);
      REQUIRE_FALSE(read);
      CHECK(ends.front_end->fault() == ChannelFault::record);
      const std::string heard = text_of(ends.heard_by_front_end);
      CHECK((heard.empty() || heard == "one" || heard == "onetwo"));
    };
    const auto both = [](Bytes a, const Bytes& b) {
      a.insert(a.end(), b.begin(), b.end());
      return a;
    };
    refused("repeated", [&](Bytes& one, Bytes&) { return both(one, one); });
    refused("left out", [&](Bytes&, Bytes& two) { return two; });
    refused("swapped", [&](Bytes& one, Bytes& two) { return both(two, one); });
    refused("shortened", [&](Bytes& one, Bytes& two) {
      one[0] ^= std::byte{1};
      return both(one, two);
    });
    refused("empty", [&](Bytes&, Bytes&) { return Bytes(2 + crypto::tag_size, std::byte{0}); });
    refused("enormous", [&](Bytes&, Bytes&) { return Bytes(2, std::byte{0xff}); });
    for (std::size_t at = 2; at < 2 + 3 + crypto::tag_size; ++at) {
      refused("flipped", [&](Bytes& one, Bytes&) {
        one[at] ^= std::byte{1};
        return one;
      });
    }
  }
}

TEST_CASE("secure channel: a truncated record is known to be one") {
  Ends ends(Protection::nk_psk0);
  ends.shake_hands();
  Bytes wire = ends.sealed(*ends.node, "one");
  wire.pop_back();
  REQUIRE(ends.front_end_reads(wire));
  CHECK(ends.heard_by_front_end.empty());
  CHECK(ends.front_end->incomplete() == wire.size());
}

TEST_CASE("secure channel: a recorded handshake is refused when it comes again") {
  for (const Protection protection : {Protection::nk, Protection::nk_psk0}) {
    Ends ends(protection);
    const Bytes recorded = ends.to_front_end;
    ends.shake_hands();
    const auto again = make_front_end_channel(ends.keys, ends.guard, random_from(ends.seed));
    Bytes clear;
    Bytes wire;
    CHECK_FALSE(again->receive(recorded, clear, wire));
    CHECK(again->fault() == ChannelFault::replayed);
  }
}

TEST_CASE("secure channel: a handshake that was forgotten is of no use to who repeats it") {
  Ends ends(Protection::nk_psk0);
  const Bytes recorded = ends.to_front_end;
  ends.shake_hands();
  const Bytes said = ends.sealed(*ends.node, "one");
  ReplayGuard fresh;
  const auto again = make_front_end_channel(ends.keys, fresh, random_from(ends.seed));
  Bytes clear;
  Bytes wire;
  REQUIRE(again->receive(recorded, clear, wire));
  CHECK_FALSE(again->receive(said, clear, wire));
  CHECK(clear.empty());
}

TEST_CASE("secure channel: who comes with other keys, another protection or another version hears why") {
  const FrontEndKeys ours = keys_with(Protection::nk_psk0);
  const auto refused = [&](const PinnedKeys& theirs, ChannelFault fault, const char* told) {
    CAPTURE(told);
    Ends ends(ours, theirs);
    const auto read = ends.front_end_reads(ends.to_front_end);
    REQUIRE_FALSE(read);
    CHECK(ends.front_end->fault() == fault);
    const auto answered = ends.node_reads(ends.to_node);
    REQUIRE_FALSE(answered);
    CHECK(ends.node->fault() == fault);
    CHECK_MESSAGE(answered.error().what.find(told) != std::string::npos, answered.error().what);
  };
  PinnedKeys theirs = pinned(ours);
  theirs.front_end = keys_with(Protection::nk_psk0, 7).public_key;
  refused(theirs, ChannelFault::front_end_key, "another one than this node's image pins");
  theirs = pinned(ours);
  theirs.cluster_key = keys_with(Protection::nk_psk0, 7).cluster_key;
  refused(theirs, ChannelFault::cluster_key, "another cluster key");
  theirs = pinned(ours);
  theirs.protection = Protection::nk;
  refused(theirs, ChannelFault::protection, "the front end has a cluster key and this node none");
  theirs.protection = Protection::clear;
  refused(theirs, ChannelFault::protection, "the front end has keys and this node none");

  Ends ends(Protection::nk_psk0);
  ends.to_front_end[8] ^= std::byte{0x40};
  CHECK_FALSE(ends.front_end_reads(ends.to_front_end));
  CHECK(ends.front_end->fault() == ChannelFault::version);
  const auto answered = ends.node_reads(ends.to_node);
  REQUIRE_FALSE(answered);
  CHECK(answered.error().what.find("speaks protocol version") != std::string::npos);
}

TEST_CASE("secure channel: a node's advice fits the misfit, and a line of its log") {
  constexpr Protection all[] = {Protection::clear, Protection::nk, Protection::nk_psk0};
  constexpr std::string_view around =
      "no connection to the front end (bulk) at 255.255.255.255:65535: refused: ; try 99999 in 10000 ms";
  for (const Protection ours : all) {
    for (const Protection theirs : all) {
      if (ours == theirs) continue;
      CAPTURE(describe(ours));
      CAPTURE(describe(theirs));
      PinnedKeys keys = pinned(keys_with(Protection::nk_psk0));
      keys.protection = theirs;
      Ends ends(keys_with(ours), keys);
      CHECK_FALSE(ends.front_end_reads(ends.to_front_end));
      const auto answered = ends.node_reads(ends.to_node);
      REQUIRE_FALSE(answered);
      const std::string& said = answered.error().what;
      CAPTURE(said);
      CHECK(around.size() + said.size() <= sys::Log::line_limit);
      CHECK((said.find("insecure = true is set on the front end") == 0) == (ours == Protection::clear));
      CHECK((said.find("nodeimage --keys") != said.npos) == (ours > theirs));
    }
  }
}

TEST_CASE("secure channel: a front end without the secret key is none, whatever it answers") {
  const FrontEndKeys real = keys_with(Protection::nk_psk0);
  Ends ends(real, pinned(real));
  // It has the cluster key, as every node has, and repeats the public key, which is no secret.
  FrontEndKeys forged = keys_with(Protection::nk_psk0, 7);
  forged.cluster_key = real.cluster_key;
  forged.public_key = real.public_key;
  const auto impostor = make_front_end_channel(forged, ends.guard, random_from(ends.seed));
  CHECK_FALSE(impostor->receive(ends.to_front_end, ends.heard_by_front_end, ends.to_node));

  // Nor does it help to say "accepted" and anything that looks like a handshake.
  Bytes accepted = bytes_of("nodeinit");
  accepted.insert(accepted.end(), {std::byte{protocol_version}, std::byte{0}, std::byte{0}, std::byte{2}});
  accepted.resize(accepted.size() + 48, std::byte{9});
  const auto read = ends.node_reads(accepted);
  REQUIRE_FALSE(read);
  CHECK(read.error().what.find("cannot prove") != std::string::npos);
  CHECK(ends.node->fault() == ChannelFault::not_authentic);
}

TEST_CASE("secure channel: what is no preamble is refused at its first bytes") {
  for (const std::string_view other : {"GET / HTTP/1.1\r\n", "SSH-2.0-", "n0", "nodeinix"}) {
    CAPTURE(other);
    Ends ends(Protection::nk_psk0);
    CHECK_FALSE(ends.front_end_reads(bytes_of(other)));
    CHECK(ends.front_end->fault() == ChannelFault::malformed);
    CHECK(ends.to_node.empty());
    const auto read = ends.node_reads(bytes_of(other));
    REQUIRE_FALSE(read);
    CHECK(read.error().what == "what answers there is no front end of nodeinit");
  }
}

TEST_CASE("secure channel: without randomness there is no handshake, and no waiting for it") {
  const auto none = [](std::span<std::uint8_t>) -> sys::Status { return sys::failure(11, "get random bytes"); };
  const FrontEndKeys keys = keys_with(Protection::nk);
  const auto node = make_node_channel(pinned(keys), none);
  Bytes wire;
  CHECK_FALSE(node->begin(wire));
  CHECK(wire.empty());
}

TEST_CASE("replay guard: remembers the latest, and not more than it says") {
  ReplayGuard guard;
  const auto key = [](std::size_t number) {
    crypto::PublicKey made{};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&number), sizeof number, made.begin());
    return made;
  };
  for (std::size_t i = 0; i < 3 * ReplayGuard::remembered; ++i)
    CHECK(guard.admit(key(i)));
  for (std::size_t i = 2 * ReplayGuard::remembered; i < 3 * ReplayGuard::remembered; ++i)
    CHECK_FALSE(guard.admit(key(i)));
  CHECK(guard.admit(key(0)));
}

TEST_CASE("connection: a refused handshake is answered before the connection ends") {
  struct Ignore final : ConnectionHandler {
    void on_message(std::uint64_t, Message) override {}
    void on_closed(const sys::Error& why) override { reason = why.text(); }
    std::string reason;
  };
  fakes::Faults faults;
  fakes::FakeClock clock(faults);
  fakes::FakeLoop loop(clock, faults);
  auto [near, far] = fakes::FakeStream::pair(loop, faults);
  Ends ends(keys_with(Protection::nk_psk0), pinned(keys_with(Protection::nk_psk0, 7)));
  Ignore handler;
  Connection connection(loop, std::move(near), std::move(ends.front_end), {}, handler);
  REQUIRE(connection.start(false));
  far->put(text_of(ends.to_front_end));
  loop.run_until_idle();
  CHECK(handler.reason.find("refused: its image pins the front end with key") == 0);
  CHECK(connection.fault() == ChannelFault::front_end_key);
  CHECK(far->take().size() == PreambleAnswer::size);
}
