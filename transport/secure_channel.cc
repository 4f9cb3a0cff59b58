#include "transport/secure_channel.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "sys/text.h"
#include "transport/preamble.h"
#include "transport/records.h"

namespace transport {

namespace {

using Part = std::vector<std::uint8_t>;  // of a handshake

crypto::Pattern pattern_of(Protection protection) {
  return protection == Protection::nk_psk0 ? crypto::Pattern::nk_psk0 : crypto::Pattern::nk;
}

void append(crypto::View bytes, Bytes& wire) {
  const auto* const begin = reinterpret_cast<const std::byte*>(bytes.data());
  wire.insert(wire.end(), begin, begin + bytes.size());
}

// Two ends that are set to different protections: what each says, which has to fit into a line of its log, what to do
// included.
struct Misfit {
  Protection front_end;
  Protection node;
  const char* said_by_front_end;
  const char* said_by_node;
};

constexpr char comes_in_the_clear[] = "it comes in the clear: build its image with this front end's keys";
constexpr char has_no_keys[] =
    "the front end has keys and this node none: build its image with them (nodeimage --keys)";
constexpr char has_keys[] = "its image has keys and insecure = true is set here: remove the one or the other";
constexpr char finds_no_keys[] =
    "insecure = true is set on the front end and this node's image has keys: remove the one or the other";

constexpr Misfit misfits[] = {
    {Protection::clear, Protection::nk, has_keys, finds_no_keys},
    {Protection::clear, Protection::nk_psk0, has_keys, finds_no_keys},
    {Protection::nk, Protection::clear, comes_in_the_clear, has_no_keys},
    {Protection::nk, Protection::nk_psk0,
     "its image has a cluster key and cluster_key = false is set here: build it without",
     "cluster_key = false is set on the front end and this node's image has a cluster key: build it without"},
    {Protection::nk_psk0, Protection::clear, comes_in_the_clear, has_no_keys},
    {Protection::nk_psk0, Protection::nk, "its image has no cluster key: build it with this front end's keys",
     "the front end has a cluster key and this node none: build its image with it (nodeimage --keys)"},
};

// Null for a protection that nobody knows of; it comes from the other end.
const Misfit* find_misfit(std::uint8_t front_end, std::uint8_t node) {
  const auto found = std::find_if(std::begin(misfits), std::end(misfits), [&](const Misfit& misfit) {
    return static_cast<std::uint8_t>(misfit.front_end) == front_end && static_cast<std::uint8_t>(misfit.node) == node;
  });
  return found == std::end(misfits) ? nullptr : found;
}

// What the two ends have in common: parts of a handshake are collected and handed on whole, then records pass.
class SecureChannel : public Channel {
 public:
  SecureChannel(Protection protection, std::uint64_t records_per_key)
      : protection_(protection), records_per_key_(records_per_key) {}

  sys::Status receive(std::span<const std::byte> bytes, Bytes& clear, Bytes& wire) final;
  void seal(std::span<const std::byte> clear, Bytes& wire) final;
  bool established() const final { return established_; }
  std::size_t incomplete() const final { return opener_ ? opener_->incomplete() : part_.size(); }
  ChannelFault fault() const final { return fault_; }
  std::string_view description() const final { return describe(protection_); }

 protected:
  // Bytes of the next part of the handshake, and whether it is one that begins like a preamble.
  virtual std::size_t wanted() const = 0;
  virtual bool at_beginning() const = 0;
  // A whole part; or less of what does not begin as it ought to, and will not be waited for.
  virtual sys::Status on_part(const Part& part, Bytes& wire) = 0;

  bool secured() const { return protection_ != Protection::clear; }
  Protection protection() const { return protection_; }
  tl::unexpected<sys::Error> refuse(ChannelFault fault, std::string reason) {
    fault_ = fault;
    return sys::refusal(std::move(reason));
  }
  // The handshake is done; in the clear without one.
  void establish(const crypto::Handshake* handshake);

 private:
  sys::Status collect(std::span<const std::byte>& bytes, Bytes& wire);

  const Protection protection_;
  const std::uint64_t records_per_key_;
  bool established_ = false;
  ChannelFault fault_ = ChannelFault::none;
  Part part_;
  std::optional<RecordSealer> sealer_;
  std::optional<RecordOpener> opener_;
};

void SecureChannel::establish(const crypto::Handshake* handshake) {
  established_ = true;
  if (handshake == nullptr) return;
  const crypto::Handshake::Ciphers ciphers = handshake->split();
  sealer_.emplace(ciphers.send, records_per_key_);
  opener_.emplace(ciphers.receive, records_per_key_);
}

sys::Status SecureChannel::receive(std::span<const std::byte> bytes, Bytes& clear, Bytes& wire) {
  while (!established_ && !bytes.empty()) {
    if (const auto collected = collect(bytes, wire); !collected) return collected;
  }
  if (opener_) {
    auto opened = opener_->open(bytes, clear);
    if (!opened) fault_ = ChannelFault::record;
    return opened;
  }
  clear.insert(clear.end(), bytes.begin(), bytes.end());
  return {};
}

sys::Status SecureChannel::collect(std::span<const std::byte>& bytes, Bytes& wire) {
  const auto piece = bytes.first(std::min(wanted() - part_.size(), bytes.size()));
  for (const std::byte byte : piece)
    part_.push_back(std::to_integer<std::uint8_t>(byte));
  bytes = bytes.subspan(piece.size());
  if (part_.size() < wanted() && (!at_beginning() || begins_like_preamble(part_))) return {};
  Part part;
  part.swap(part_);
  return on_part(part, wire);
}

void SecureChannel::seal(std::span<const std::byte> clear, Bytes& wire) {
  if (sealer_) return sealer_->seal(clear, wire);
  wire.insert(wire.end(), clear.begin(), clear.end());
}

// ---------------------------------------------------------------- the node's end

class NodeChannel final : public SecureChannel {
 public:
  NodeChannel(const PinnedKeys& keys, crypto::Random random, std::uint64_t records_per_key)
      : SecureChannel(keys.protection, records_per_key), keys_(keys), random_(std::move(random)) {}

  sys::Status begin(Bytes& wire) override;

 private:
  std::size_t wanted() const override { return accepted_ ? crypto::Handshake::message_size : PreambleAnswer::size; }
  bool at_beginning() const override { return !accepted_; }
  sys::Status on_part(const Part& part, Bytes& wire) override;
  sys::Status on_answer(const Part& part);
  tl::unexpected<sys::Error> on_refused(const PreambleAnswer& answer);
  tl::unexpected<sys::Error> on_misfit(std::uint8_t theirs);

  const PinnedKeys keys_;
  const crypto::Random random_;
  std::optional<crypto::Handshake> handshake_;
  bool accepted_ = false;
};

sys::Status NodeChannel::begin(Bytes& wire) {
  Preamble preamble{.protection = static_cast<std::uint8_t>(protection())};
  if (secured()) preamble.front_end = crypto::fingerprint_of(keys_.front_end);
  if (protection() == Protection::nk_psk0) preamble.cluster = crypto::fingerprint_of(keys_.cluster_key);
  const auto prologue = encode(preamble);
  Part message;
  if (secured()) {
    const auto ephemeral = crypto::make_secret(random_);
    if (!ephemeral) return tl::unexpected(ephemeral.error());
    handshake_.emplace(pattern_of(protection()), crypto::Role::initiator, prologue,
                       crypto::HandshakeKeys{.ephemeral = *ephemeral,
                                             .own_static = {},
                                             .responder_static = keys_.front_end,
                                             .shared = keys_.cluster_key});
    if (const auto written = handshake_->write({}, message); !written) return written;
  }
  append(prologue, wire);
  append(message, wire);
  return {};
}

sys::Status NodeChannel::on_part(const Part& part, Bytes&) {
  if (!accepted_) return on_answer(part);
  Part payload;
  if (!handshake_->read(part, payload)) {
    return refuse(ChannelFault::not_authentic,
                  "what answers there cannot prove that it is the front end whose key this node's image pins");
  }
  establish(&*handshake_);
  handshake_.reset();
  return {};
}

sys::Status NodeChannel::on_answer(const Part& part) {
  if (part.size() < PreambleAnswer::size || !begins_like_preamble(part)) {
    return refuse(ChannelFault::malformed, "what answers there is no front end of nodeinit");
  }
  const PreambleAnswer answer = decode_answer(std::span(part).first<PreambleAnswer::size>());
  if (answer.verdict != static_cast<std::uint8_t>(Verdict::accepted)) return on_refused(answer);
  accepted_ = true;
  if (!secured()) establish(nullptr);
  return {};
}

// Nobody has signed this answer: it is a hint for people, and the node goes on trying.
tl::unexpected<sys::Error> NodeChannel::on_refused(const PreambleAnswer& answer) {
  switch (static_cast<Verdict>(answer.verdict)) {
    case Verdict::version:
      return refuse(ChannelFault::version,
                    sys::cat("the front end speaks protocol version ", answer.version, " and this node version ",
                             protocol_version, ": boot the node with an image of the front end's release"));
    case Verdict::protection:
      return on_misfit(answer.protection);
    case Verdict::front_end_key:
      return refuse(ChannelFault::front_end_key,
                    sys::cat("the front end is another one than this node's image pins, whose key is ",
                             crypto::format(crypto::fingerprint_of(keys_.front_end)),
                             ": build the image with this front end's keys"));
    case Verdict::cluster_key:
      return refuse(ChannelFault::cluster_key,
                    sys::cat("the front end has another cluster key than this node's image, whose is ",
                             crypto::format(crypto::fingerprint_of(keys_.cluster_key)),
                             ": build the image with this front end's keys"));
    case Verdict::not_authentic:
    case Verdict::replayed:
      return refuse(ChannelFault::not_authentic, "the front end takes this node's handshake for a forged one");
    case Verdict::accepted:
      break;
  }
  return refuse(ChannelFault::malformed,
                sys::cat("the front end refuses for reason ", answer.verdict, ", which this node does not know"));
}

tl::unexpected<sys::Error> NodeChannel::on_misfit(std::uint8_t theirs) {
  const Misfit* const misfit = find_misfit(theirs, static_cast<std::uint8_t>(protection()));
  return refuse(ChannelFault::protection, misfit ? misfit->said_by_node
                                                 : sys::cat("the front end protects connections in an unknown way (",
                                                            theirs, ") and this node's come ", description()));
}

// ---------------------------------------------------------------- the front end's end

// What a node's preamble has to be, in the order in which it is looked at: keys mean nothing in another version.
struct Requirement {
  Verdict verdict;  // when it is not met
  ChannelFault fault;
  bool (*met)(const FrontEndKeys& ours, const Preamble& theirs);
  std::string (*complaint)(const FrontEndKeys& ours, const Preamble& theirs);
};

constexpr Requirement requirements[] = {
    {Verdict::version, ChannelFault::version,
     [](const FrontEndKeys&, const Preamble& theirs) { return theirs.version == protocol_version; },
     [](const FrontEndKeys&, const Preamble& theirs) {
       return sys::cat("it speaks protocol version ", theirs.version, " and not ", protocol_version,
                       ": boot it from an image of this release");
     }},
    {Verdict::protection, ChannelFault::protection,
     [](const FrontEndKeys& ours, const Preamble& theirs) {
       return theirs.protection == static_cast<std::uint8_t>(ours.protection);
     },
     [](const FrontEndKeys& ours, const Preamble& theirs) -> std::string {
       const Misfit* const misfit = find_misfit(static_cast<std::uint8_t>(ours.protection), theirs.protection);
       if (misfit != nullptr) return misfit->said_by_front_end;
       return sys::cat("it comes protected in an unknown way (", theirs.protection, ')');
     }},
    {Verdict::front_end_key, ChannelFault::front_end_key,
     [](const FrontEndKeys& ours, const Preamble& theirs) {
       return ours.protection == Protection::clear || theirs.front_end == crypto::fingerprint_of(ours.public_key);
     },
     [](const FrontEndKeys& ours, const Preamble& theirs) {
       return sys::cat("its image pins the front end with key ", crypto::format(theirs.front_end),
                       " and this one's key is ", crypto::format(crypto::fingerprint_of(ours.public_key)));
     }},
    {Verdict::cluster_key, ChannelFault::cluster_key,
     [](const FrontEndKeys& ours, const Preamble& theirs) {
       return ours.protection != Protection::nk_psk0 || theirs.cluster == crypto::fingerprint_of(ours.cluster_key);
     },
     [](const FrontEndKeys& ours, const Preamble& theirs) {
       return sys::cat("its image has the cluster key ", crypto::format(theirs.cluster), " and this cluster's is ",
                       crypto::format(crypto::fingerprint_of(ours.cluster_key)));
     }},
};

class FrontEndChannel final : public SecureChannel {
 public:
  FrontEndChannel(const FrontEndKeys& keys, ReplayGuard& guard, crypto::Random random, std::uint64_t records_per_key)
      : SecureChannel(keys.protection, records_per_key), keys_(keys), guard_(guard), random_(std::move(random)) {}

  sys::Status begin(Bytes&) override { return {}; }

 private:
  std::size_t wanted() const override { return prologue_.empty() ? Preamble::size : crypto::Handshake::message_size; }
  bool at_beginning() const override { return prologue_.empty(); }
  sys::Status on_part(const Part& part, Bytes& wire) override;
  sys::Status on_preamble(const Part& part, Bytes& wire);
  sys::Status on_handshake(const Part& part, Bytes& wire);
  sys::Status reject(Verdict verdict, ChannelFault fault, std::string reason, Bytes& wire);
  void answer(Verdict verdict, Bytes& wire);

  const FrontEndKeys& keys_;
  ReplayGuard& guard_;
  const crypto::Random random_;
  Part prologue_;
};

void FrontEndChannel::answer(Verdict verdict, Bytes& wire) {
  append(encode(PreambleAnswer{.verdict = static_cast<std::uint8_t>(verdict),
                               .protection = static_cast<std::uint8_t>(protection())}),
         wire);
}

sys::Status FrontEndChannel::reject(Verdict verdict, ChannelFault fault, std::string reason, Bytes& wire) {
  answer(verdict, wire);
  return refuse(fault, std::move(reason));
}

sys::Status FrontEndChannel::on_part(const Part& part, Bytes& wire) {
  return prologue_.empty() ? on_preamble(part, wire) : on_handshake(part, wire);
}

sys::Status FrontEndChannel::on_preamble(const Part& part, Bytes& wire) {
  if (part.size() < Preamble::size || !begins_like_preamble(part)) {
    return refuse(ChannelFault::malformed, "it does not speak the nodes' protocol");
  }
  const Preamble theirs = decode_preamble(std::span(part).first<Preamble::size>());
  for (const Requirement& requirement : requirements) {
    if (!requirement.met(keys_, theirs))
      return reject(requirement.verdict, requirement.fault, requirement.complaint(keys_, theirs), wire);
  }
  prologue_ = part;
  if (secured()) return {};
  answer(Verdict::accepted, wire);
  establish(nullptr);
  return {};
}

sys::Status FrontEndChannel::on_handshake(const Part& part, Bytes& wire) {
  const auto ephemeral = crypto::make_secret(random_);
  if (!ephemeral) return tl::unexpected(ephemeral.error());
  crypto::Handshake handshake(pattern_of(protection()), crypto::Role::responder, prologue_,
                              crypto::HandshakeKeys{.ephemeral = *ephemeral,
                                                    .own_static = keys_.key,
                                                    .responder_static = keys_.public_key,
                                                    .shared = keys_.cluster_key});
  Part payload;
  if (!handshake.read(part, payload)) {
    return reject(Verdict::not_authentic, ChannelFault::not_authentic, "its handshake is not authentic", wire);
  }
  crypto::PublicKey theirs{};
  std::copy_n(part.begin(), theirs.size(), theirs.begin());
  if (!guard_.admit(theirs)) {
    return reject(Verdict::replayed, ChannelFault::replayed, "its handshake is a repetition of an earlier one", wire);
  }
  Part message;
  if (const auto written = handshake.write({}, message); !written) return written;
  answer(Verdict::accepted, wire);
  append(message, wire);
  establish(&handshake);
  return {};
}

}  // namespace

bool ReplayGuard::admit(const crypto::PublicKey& ephemeral) {
  if (older_.contains(ephemeral) || !newer_.insert(ephemeral).second) return false;
  if (newer_.size() == remembered) {
    older_.swap(newer_);
    newer_.clear();
  }
  return true;
}

std::unique_ptr<Channel> make_node_channel(const PinnedKeys& keys, crypto::Random random,
                                           std::uint64_t records_per_key) {
  return std::make_unique<NodeChannel>(keys, std::move(random), records_per_key);
}

std::unique_ptr<Channel> make_front_end_channel(const FrontEndKeys& keys, ReplayGuard& guard, crypto::Random random,
                                                std::uint64_t records_per_key) {
  return std::make_unique<FrontEndChannel>(keys, guard, std::move(random), records_per_key);
}

}  // namespace transport
