#include "transport/preamble.h"

#include <algorithm>
#include <string_view>

#include "crypto/noise.h"

namespace transport {

namespace {

constexpr std::array<std::uint8_t, 8> magic = {'n', 'o', 'd', 'e', 'i', 'n', 'i', 't'};

template <std::size_t size> std::uint8_t* put_head(std::array<std::uint8_t, size>& out, std::uint16_t version) {
  std::uint8_t* at = std::copy(magic.begin(), magic.end(), out.begin());
  *at++ = static_cast<std::uint8_t>(version);
  *at++ = static_cast<std::uint8_t>(version >> 8);
  return at;
}

std::uint16_t version_in(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint16_t>(bytes[magic.size()] | bytes[magic.size() + 1] << 8);
}

}  // namespace

std::string_view describe(Protection protection) {
  switch (protection) {
    case Protection::nk:
      return crypto::name_of(crypto::Pattern::nk);
    case Protection::nk_psk0:
      return crypto::name_of(crypto::Pattern::nk_psk0);
    case Protection::clear:
      break;
  }
  return "in the clear";
}

std::array<std::uint8_t, Preamble::size> encode(const Preamble& preamble) {
  std::array<std::uint8_t, Preamble::size> out{};
  std::uint8_t* at = put_head(out, preamble.version);
  *at++ = preamble.protection;
  *at++ = 0;
  at = std::copy(preamble.front_end.begin(), preamble.front_end.end(), at);
  std::copy(preamble.cluster.begin(), preamble.cluster.end(), at);
  return out;
}

std::array<std::uint8_t, PreambleAnswer::size> encode(const PreambleAnswer& answer) {
  std::array<std::uint8_t, PreambleAnswer::size> out{};
  std::uint8_t* at = put_head(out, answer.version);
  *at++ = answer.verdict;
  *at = answer.protection;
  return out;
}

bool begins_like_preamble(std::span<const std::uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), magic.size())),
                    magic.begin());
}

Preamble decode_preamble(std::span<const std::uint8_t, Preamble::size> bytes) {
  Preamble preamble;
  preamble.version = version_in(bytes);
  preamble.protection = bytes[magic.size() + 2];
  const auto at = bytes.begin() + magic.size() + 4;
  std::copy_n(at, preamble.front_end.size(), preamble.front_end.begin());
  std::copy_n(at + preamble.front_end.size(), preamble.cluster.size(), preamble.cluster.begin());
  return preamble;
}

PreambleAnswer decode_answer(std::span<const std::uint8_t, PreambleAnswer::size> bytes) {
  PreambleAnswer answer;
  answer.version = version_in(bytes);
  answer.verdict = bytes[magic.size() + 2];
  answer.protection = bytes[magic.size() + 3];
  return answer;
}

}  // namespace transport
