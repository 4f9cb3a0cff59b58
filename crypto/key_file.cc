#include "crypto/key_file.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "crypto/primitives.h"
#include "sys/text.h"

namespace crypto {

namespace {

constexpr std::size_t max_file = 256;  // bytes

struct KindRow {
  std::string_view word;
  std::string_view noun;
};

constexpr std::array<KindRow, 3> kinds = {{
    {"nodeinit-front-end-secret-key", "the front end's secret key"},
    {"nodeinit-front-end-public-key", "the front end's public key"},
    {"nodeinit-cluster-key", "a cluster key"},
}};

const KindRow& row_of(KeyKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

sys::Status parse(const std::string& path, KeyKind kind, std::string_view text, std::span<std::uint8_t> key) {
  const auto words = sys::split(sys::trim(text), ' ');
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const KindRow& row) { return row.word == words.front(); });
  if (found == kinds.end()) return sys::refusal(sys::cat(path, ": is not a key file as nodemaster keygen writes them"));
  if (found->word != row_of(kind).word) {
    return sys::refusal(sys::cat(path, ": holds ", found->noun, ", not ", row_of(kind).noun));
  }
  if (words.size() != 2 || !from_hex(words[1], key)) {
    return sys::refusal(sys::cat(path, ": after ", found->word, " there must be ", 2 * key.size(),
                                 " hexadecimal digits and nothing else"));
  }
  return {};
}

void wipe_text(std::string& text) { wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}); }

sys::Status read_key(sys::Files& files, const std::string& path, KeyKind kind, std::span<std::uint8_t> key) {
  auto text = files.read(path, max_file);
  if (!text) return tl::unexpected(text.error());
  const sys::Status parsed = parse(path, kind, *text, key);
  wipe_text(*text);
  return parsed;
}

}  // namespace

std::string format_key(KeyKind kind, std::span<const std::uint8_t, key_size> key) {
  std::string digits = to_hex(key);
  std::string line = sys::cat(row_of(kind).word, ' ', digits, '\n');
  wipe_text(digits);
  return line;
}

sys::Result<Secret> read_secret(sys::Files& files, const std::string& path, KeyKind kind) {
  Secret secret;
  if (const auto read = read_key(files, path, kind, secret.bytes()); !read) return tl::unexpected(read.error());
  return secret;
}

sys::Result<PublicKey> read_public(sys::Files& files, const std::string& path) {
  PublicKey key{};
  if (const auto read = read_key(files, path, KeyKind::front_end_public, key); !read) {
    return tl::unexpected(read.error());
  }
  if (is_of_low_order(key)) {
    return sys::refusal(sys::cat(path,
                                 ": is a key of low order, with which no secret can be agreed: nobody has made it "
                                 "with nodemaster keygen"));
  }
  return key;
}

}  // namespace crypto
