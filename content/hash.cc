#include "content/hash.h"

#include <sodium.h>

#include <algorithm>
#include <vector>

#include "crypto/sodium.h"
#include "sys/file_reader.h"
#include "sys/text.h"

namespace content {

namespace {

constexpr std::size_t piece_size = 128u << 10;  // bytes

bool same_version(const sys::FileFacts& a, const sys::FileFacts& b) {
  return a.size == b.size && a.modified_ns == b.modified_ns;
}

}  // namespace

struct Hasher::State {
  crypto_generichash_state sodium;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  crypto::prepare_sodium();
  crypto_generichash_init(&state_->sodium, nullptr, 0, sizeof(transport::ContentHash));
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::add(std::span<const std::byte> piece) {
  crypto_generichash_update(&state_->sodium, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
}

transport::ContentHash Hasher::finish() {
  transport::ContentHash hash;
  crypto_generichash_final(&state_->sodium, hash.data(), hash.size());
  return hash;
}

std::string format_hash(const transport::ContentHash& hash) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : hash) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

sys::Result<transport::Content> hash_file(const std::string& path) {
  const auto file = sys::FileReader::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto before = file->facts();
  if (!before) return tl::unexpected(before.error());

  Hasher hasher;
  transport::Content content;
  std::vector<std::byte> piece(std::min<std::uint64_t>(piece_size, before->size + 1));
  while (content.size <= before->size) {  // no further in one that grows
    const auto got = file->read_at(content.size, piece);
    if (!got) return tl::unexpected(got.error());
    hasher.add(std::span(piece).first(*got));
    content.size += *got;
    if (*got < piece.size()) break;
  }

  const auto after = file->facts();
  if (!after) return tl::unexpected(after.error());
  if (!same_version(*before, *after) || content.size != after->size) {
    return sys::refusal(sys::cat("hash ", path, ": the file changes while it is read; try again when it is at rest"));
  }
  content.hash = hasher.finish();
  return content;
}

}  // namespace content
