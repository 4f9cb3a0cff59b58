// The first bytes of every connection on the nodes' network, which both sides understand whatever else differs between
// them: docs/PROTOCOL.md, "Preamble". They are not secret, and what matters of them is bound into the handshake.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "crypto/keys.h"
#include "sys/result.h"
#include "transport/messages.h"
#include "transport/trust.h"

namespace transport {

// What the node says.
struct Preamble {
  static constexpr std::size_t size = 28;  // bytes
  std::uint16_t version = protocol_version;
  std::uint8_t protection = 0;
  crypto::Fingerprint front_end{};  // of the key that the node pins; zeros in the clear
  crypto::Fingerprint cluster{};    // of the cluster key; zeros without one
};

// What the front end answers.
enum class Verdict : std::uint8_t {
  accepted = 0,
  version = 1,
  protection = 2,
  front_end_key = 3,
  cluster_key = 4,
  not_authentic = 5,
  replayed = 6,
};

struct PreambleAnswer {
  static constexpr std::size_t size = 12;  // bytes
  std::uint16_t version = protocol_version;
  std::uint8_t verdict = 0;
  std::uint8_t protection = 0;  // the front end's
};

std::array<std::uint8_t, Preamble::size> encode(const Preamble& preamble);
std::array<std::uint8_t, PreambleAnswer::size> encode(const PreambleAnswer& answer);

// Whether `bytes`, fewer than it takes maybe, can be the beginning of either.
bool begins_like_preamble(std::span<const std::uint8_t> bytes);
// From exactly `size` bytes that begin like one.
Preamble decode_preamble(std::span<const std::uint8_t, Preamble::size> bytes);
PreambleAnswer decode_answer(std::span<const std::uint8_t, PreambleAnswer::size> bytes);

}  // namespace transport
