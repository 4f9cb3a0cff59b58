#include "frontend/common/loader_cache.h"

#include <cstdint>
#include <cstring>
#include <optional>

namespace frontend {
namespace {

constexpr std::string_view magic = "glibc-ld.so.cache1.1";
constexpr std::size_t header_size = 48;
constexpr std::size_t max_entries = 100000;

struct Entry {
  std::int32_t flags;
  std::uint32_t key;  // offsets of the strings from the header's start
  std::uint32_t value;
  std::uint32_t os_version;
  std::uint64_t hwcap;
};
static_assert(sizeof(Entry) == 24);

std::optional<std::string> string_at(std::string_view cache, std::uint32_t offset) {
  if (offset >= cache.size()) return std::nullopt;
  const auto end = cache.find('\0', offset);
  if (end == cache.npos) return std::nullopt;
  return std::string(cache.substr(offset, end - offset));
}

}  // namespace

LoaderCache parse_loader_cache(std::string_view content) {
  LoaderCache cache;
  const auto start = content.find(magic);  // an older format may stand before it
  if (start == content.npos) return cache;
  content.remove_prefix(start);
  if (content.size() < header_size) return cache;
  std::uint32_t count = 0;
  std::memcpy(&count, content.data() + magic.size(), sizeof count);
  if (count > max_entries || header_size + count * sizeof(Entry) > content.size()) return cache;
  for (std::uint32_t i = 0; i < count; ++i) {
    Entry entry;
    std::memcpy(&entry, content.data() + header_size + i * sizeof entry, sizeof entry);
    auto name = string_at(content, entry.key);
    auto path = string_at(content, entry.value);
    if (entry.hwcap != 0 || !name || !path || !path->starts_with('/')) continue;
    cache.emplace(std::move(*name), std::move(*path));
  }
  return cache;
}

}  // namespace frontend
