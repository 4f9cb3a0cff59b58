#include "frontend/nodemaster/own_places.h"

#include <algorithm>
#include <cerrno>
#include <span>

#include "content/hash.h"
#include "sys/file_reader.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t piece_size = 256u << 10;  // bytes

constexpr transport::ContentHash no_content{};  // has no content of this hash

// `no_content`: it has another size.
sys::Result<transport::ContentHash> hash_as(const Credentials& caller, const std::string& path, std::uint64_t size) {
  const auto reader = sys::FileReader::open_as(caller, path);
  if (!reader) return tl::unexpected(reader.error());
  const auto facts = reader->facts();
  if (!facts) return tl::unexpected(facts.error());
  // Its beginning is another file.
  if (facts->size != size) return no_content;
  content::Hasher hasher;
  std::vector<std::byte> piece(piece_size);
  for (std::uint64_t at = 0; at < size;) {
    const std::size_t wanted = std::min<std::uint64_t>(piece.size(), size - at);
    const auto got = reader->read_at(at, std::span(piece).first(wanted));
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    hasher.add(std::span(piece).first(*got));
    at += *got;
  }
  return hasher.finish();
}

}  // namespace

sys::Status check_places(const std::vector<transport::FileEntry>& files, const Credentials& caller) {
  for (const transport::FileEntry& file : files) {
    const auto hash = hash_as(caller, file.path, file.content.size);
    if (!hash) return tl::unexpected(hash.error());
    if (*hash != file.content.hash || *hash == no_content) {
      return sys::failure(EPERM, sys::cat("bring ", sys::printable(file.path),
                                          " to a node: it is another file here, and only root and admins may"));
    }
  }
  return {};
}

}  // namespace frontend
