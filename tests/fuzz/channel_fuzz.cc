// The secure channel, both ends of it.
//
// Input: one byte that chooses what is tried.
//   0  A hostile node faces a front end's channel: one byte for the Protection, one for how much of a real node's first
//      words comes first (255: all of them), the rest as it is.
//   1  A hostile front end faces a node's channel, in the same way.
//   2  Two real ends. One byte for the Protection, then what is changed in the first words of the node, in the answer,
//      and in the records of either direction.
//   3  Two real ends that do not fit: another version, Protection, front end's key or cluster key.
//   4  A real node's first words, said twice.
// What has to hold: nothing comes out of an end that has not been put into the other; whoever does not have the keys is
// never joined, and is refused for the right reason; what is changed ends in an error; what an end keeps and answers is
// bounded; all that whatever the sizes of the pieces that arrive.
#include <array>

#include "tests/fuzz/record_stream.h"
#include "transport/preamble.h"
#include "transport/secure_channel.h"

namespace {

using namespace transport;
using fuzz::Input;
using fuzz::require;
using Channels = std::unique_ptr<Channel>;

constexpr std::size_t handshake_size = crypto::key_size + crypto::tag_size;
constexpr std::array protections = {Protection::nk_psk0, Protection::nk, Protection::clear};

// Bytes that begin with `seed`: the fuzzer's findings have to be the same tomorrow.
crypto::Random random_of(std::uint8_t seed) {
  return [seed](std::span<std::uint8_t> bytes) -> sys::Status {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(seed + i);
    return {};
  };
}

struct Keys {
  Keys() {
    const crypto::Secret front_end = crypto::make_secret(random_of(1)).value();
    const crypto::Secret cluster = crypto::make_secret(random_of(2)).value();
    for (std::size_t i = 0; i < protections.size(); ++i) {
      own[i] = {protections[i], front_end, crypto::public_of(front_end), cluster};
      pinned[i] = {protections[i], own[i].public_key, cluster};
    }
    other_public = crypto::public_of(cluster);
  }
  std::array<FrontEndKeys, protections.size()> own;
  std::array<PinnedKeys, protections.size()> pinned;
  crypto::PublicKey other_public;
};

const Keys& keys() {
  static const Keys made;
  return made;
}

// What the ends' ephemeral keys are made of. Where records are sealed it is another than where a hostile peer talks: the
// fuzzer reads what is compared, and would say to the one what it has seen of the other.
enum class Occasion : std::uint8_t { hostile = 11, honest = 3 };

struct Ends {
  Ends(std::size_t i, Occasion occasion, std::uint64_t records_per_key = 3)
      : node(make_node_channel(keys().pinned[i], random_of(seed(occasion)), records_per_key)),
        front_end(make_front_end_channel(keys().own[i], guard, random_of(static_cast<std::uint8_t>(seed(occasion) + 1)),
                                         records_per_key)) {}
  static constexpr std::uint8_t seed(Occasion occasion) { return static_cast<std::uint8_t>(occasion); }
  ReplayGuard guard;
  Channels node;
  Channels front_end;
};

// Gives `bytes` to a channel in pieces, as long as it takes them.
bool give(Channel& to, std::span<const std::byte> bytes, std::span<const std::byte> sizes, Bytes& clear, Bytes& wire) {
  bool good = true;
  fuzz::in_pieces(bytes, sizes, [&](std::span<const std::byte> piece) {
    if (!good) return;
    const auto status = to.receive(piece, clear, wire);
    good = status.has_value();
    require(good || !status.error().text().empty(), "a refusal has a reason");
    require(to.incomplete() < max_record, "an end keeps less than a record");
  });
  require(good == (to.fault() == ChannelFault::none), "a refusal has a kind, and nothing else has one");
  return good;
}

// What the two say to each other first when nobody interferes; computed once.
struct FirstWords {
  Bytes node, front_end;
};
const FirstWords& first_words(std::size_t i) {
  static const auto all = [] {
    std::array<FirstWords, protections.size()> words;
    for (std::size_t k = 0; k < words.size(); ++k) {
      Ends ends(k, Occasion::hostile);
      Bytes clear;
      require(ends.node->begin(words[k].node).has_value(), "a node begins");
      require(give(*ends.front_end, words[k].node, {}, clear, words[k].front_end), "a front end answers");
    }
    return words;
  }();
  return all[i];
}

Bytes with_rest(const Bytes& words, std::size_t kept, Input& input) {
  Bytes sent(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(kept, words.size())));
  const auto rest = input.rest();
  sent.insert(sent.end(), rest.begin(), rest.end());
  return sent;
}

void check_hostile(Channel& victim, bool secured, const Bytes& sent, std::size_t greeting, std::size_t answer,
                   std::span<const std::byte> sizes) {
  Bytes clear, wire;
  give(victim, sent, sizes, clear, wire);
  require(wire.size() <= answer, "the answer is bounded");
  if (secured) return require(clear.empty(), "who has no key is not heard");
  if (!victim.established()) return require(clear.empty(), "nothing is heard before the preamble");
  require(clear.size() == sent.size() - greeting &&
              std::equal(clear.begin(), clear.end(), sent.end() - static_cast<std::ptrdiff_t>(clear.size())),
          "in the clear everything is heard as it is");
}

void hostile_node(Input& input) {
  const std::size_t i = input.byte() % protections.size();
  const std::size_t kept = input.byte();
  const auto sizes = input.take(input.byte() % 4);
  Ends ends(i, Occasion::hostile);
  check_hostile(*ends.front_end, i != 2, with_rest(first_words(i).node, kept, input), Preamble::size,
                PreambleAnswer::size + handshake_size, sizes);
}

void hostile_front_end(Input& input) {
  const std::size_t i = input.byte() % protections.size();
  const std::size_t kept = input.byte();
  const auto sizes = input.take(input.byte() % 4);
  Ends ends(i, Occasion::hostile);
  Bytes begun;
  require(ends.node->begin(begun).has_value(), "a node begins");
  require(begun == first_words(i).node, "the same keys give the same words");
  check_hostile(*ends.node, i != 2, with_rest(first_words(i).front_end, kept, input), PreambleAnswer::size, 0, sizes);
}

fuzz::Units split(const Bytes& words, std::size_t first) {
  const auto at = words.begin() + static_cast<std::ptrdiff_t>(std::min(first, words.size()));
  fuzz::Units units = {Bytes(words.begin(), at)};
  if (at != words.end()) units.emplace_back(at, words.end());
  return units;
}

// `words` as they arrive.
Bytes changed(const Bytes& words, std::size_t first, Input& input) {
  fuzz::Units units = split(words, first);
  fuzz::change(units, input, 2);
  return fuzz::join(units);
}

void exchange(Channel& from, Channel& to, Input& input) {
  fuzz::RecordStream stream([&](std::span<const std::byte> clear, Bytes& wire) { from.seal(clear, wire); }, input);
  Bytes answer;
  stream.check(
      [&](std::span<const std::byte> wire, Bytes& clear) {
        auto status = to.receive(wire, clear, answer);
        require(status.has_value() == (to.fault() == ChannelFault::none), "a changed record is counted as one");
        require(answer.empty(), "nothing is answered to a record");
        return status;
      },
      [&] { return to.incomplete(); }, input);
}

void two_ends(Input& input) {
  const std::size_t i = input.byte() % 2;  // secured
  Ends ends(i, Occasion::honest, 1 + input.byte() % 4);
  const auto sizes = input.take(input.byte() % 4);
  Bytes said, arrived, answer, clear, nothing;
  require(ends.node->begin(said).has_value(), "a node begins");
  arrived = changed(said, Preamble::size, input);
  const bool heard = give(*ends.front_end, arrived, sizes, clear, answer);
  const std::size_t same = fuzz::first_difference(said, arrived);
  require(clear.empty(), "a handshake is not heard");
  require(ends.front_end->established() == (same == said.size()), "a front end joins on a node's very words");
  if (same < said.size() && arrived.size() >= said.size()) require(!heard, "changed words of a node are refused");

  arrived = changed(answer, PreambleAnswer::size, input);
  give(*ends.node, arrived, sizes, clear, nothing);
  require(clear.empty() && nothing.empty(), "an answer is not heard");
  if (ends.node->established()) {
    require(ends.front_end->established(), "a node joins only with a front end that has joined");
    const std::size_t proof = PreambleAnswer::size;
    require(
        arrived.size() >= answer.size() && std::equal(answer.begin() + proof, answer.end(), arrived.begin() + proof),
        "a node joins on a front end's very proof");
  } else {
    require(arrived != answer || !ends.front_end->established(), "an answer that nobody changed joins");
  }
  if (!ends.node->established() || ends.node->fault() != ChannelFault::none) return;
  if (ends.front_end->fault() != ChannelFault::none) return;
  if (ends.node->incomplete() > 0 || ends.front_end->incomplete() > 0) return;
  exchange(*ends.node, *ends.front_end, input);
  exchange(*ends.front_end, *ends.node, input);
}

struct Misfit {
  ChannelFault fault;
  void (*make)(PinnedKeys& pinned);  // null: another version is said
};
constexpr Misfit misfits[] = {
    {ChannelFault::version, nullptr},
    {ChannelFault::protection, [](PinnedKeys& pinned) { pinned.protection = Protection::nk; }},
    {ChannelFault::protection, [](PinnedKeys& pinned) { pinned.protection = Protection::clear; }},
    {ChannelFault::front_end_key, [](PinnedKeys& pinned) { pinned.front_end = keys().other_public; }},
    {ChannelFault::cluster_key, [](PinnedKeys& pinned) { pinned.cluster_key.bytes()[0] ^= 1; }},
};

void misfit(Input& input) {
  const Misfit& what = misfits[input.byte() % std::size(misfits)];
  const std::uint16_t version = input.word();
  const auto sizes = input.take(input.byte() % 4);
  Ends ends(0, Occasion::hostile);
  PinnedKeys pinned = keys().pinned[0];
  Bytes said, answer, clear, nothing;
  if (what.make != nullptr) what.make(pinned);
  const Channels node = make_node_channel(pinned, random_of(13));
  require(node->begin(said).has_value(), "a node begins");
  if (what.make == nullptr) {
    if (version == protocol_version) return;
    said[8] = static_cast<std::byte>(version);
    said[9] = static_cast<std::byte>(version >> 8);
  }
  require(!give(*ends.front_end, said, sizes, clear, answer), "who does not fit is refused");
  require(ends.front_end->fault() == what.fault, "who does not fit is refused for what does not fit");
  require(!give(*node, answer, sizes, clear, nothing), "who is refused hears of it");
  require(node->fault() == what.fault, "who is refused hears why");
  require(clear.empty() && !node->established() && !ends.front_end->established(), "who does not fit is not joined");
}

void said_twice(Input& input) {
  const std::size_t i = input.byte() % 2;
  const auto sizes = input.take(input.byte() % 4);
  Ends ends(i, Occasion::hostile);
  Bytes clear, answer;
  require(give(*ends.front_end, first_words(i).node, sizes, clear, answer), "a handshake is answered");
  const Channels again = make_front_end_channel(keys().own[i], ends.guard, random_of(13));
  require(!give(*again, with_rest(first_words(i).node, 255, input), sizes, clear, answer), "a handshake counts once");
  require(again->fault() == ChannelFault::replayed && clear.empty(), "a repeated handshake is known as one");
}

constexpr void (*trials[])(Input&) = {hostile_node, hostile_front_end, two_ends, misfit, said_twice};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  trials[input.byte() % std::size(trials)](input);
  return 0;
}
