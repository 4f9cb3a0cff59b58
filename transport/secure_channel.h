// The channel of every connection on the nodes' network: a preamble, a Noise handshake, then records.
//
//   node                                     front end
//   preamble, handshake message 1  ───────▶  versions, Protection and keys the same? not seen before?
//                                  ◀───────  answer, handshake message 2     (or an answer that says why not)
//   records                        ◀──────▶  records
//
//   record := size: u16, then so many bytes: encrypted, at most max_record of them
//
// In Protection::clear there is only the preamble and its answer, and bytes follow as they are. Both sides take a new
// key for a direction after every `records_per_key` records of it. The peer is known to be authentic when its first record
// is: until then the front end has answered what may have been recorded and sent again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>

#include "crypto/noise.h"
#include "crypto/random.h"
#include "transport/channel.h"
#include "transport/trust.h"

namespace transport {

constexpr std::size_t max_record = 16u << 10;                  // bytes on the wire, its size included
constexpr std::size_t record_overhead = 2 + crypto::tag_size;  // bytes of a record that are not content
constexpr std::uint64_t default_records_per_key = 1u << 14;

// Remembers the latest handshakes, so that a recorded one is refused at once. An older one gets an answer that is of no
// use to whoever does not have the secret of its ephemeral key.
class ReplayGuard {
 public:
  static constexpr std::size_t remembered = 4096;  // at least so many, at most twice

  // Whether `ephemeral` is new; remembers it.
  bool admit(const crypto::PublicKey& ephemeral);

 private:
  std::set<crypto::PublicKey> newer_;
  std::set<crypto::PublicKey> older_;
};

// The node's end. `keys` are copied.
std::unique_ptr<Channel> make_node_channel(const PinnedKeys& keys, crypto::Random random,
                                           std::uint64_t records_per_key = default_records_per_key);

// The front end's end. `keys` and `guard` must outlive it.
std::unique_ptr<Channel> make_front_end_channel(const FrontEndKeys& keys, ReplayGuard& guard, crypto::Random random,
                                                std::uint64_t records_per_key = default_records_per_key);

}  // namespace transport
