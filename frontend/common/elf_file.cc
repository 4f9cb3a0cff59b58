#include "frontend/common/elf_file.h"

#include <filesystem>
#include <utility>

#include "sys/files.h"

namespace frontend {
namespace {

constexpr std::size_t max_cache = 16u << 20;  // bytes of the loader's cache

}  // namespace

sys::Result<std::optional<ElfFacts>> elf_of(const sys::FileReader& file) {
  return read_elf([&file](std::uint64_t offset, std::span<std::byte> into) { return file.read_at(offset, into); });
}

std::optional<ElfFacts> elf_at(const std::string& path) {
  const auto file = sys::FileReader::open(path);
  if (!file) return std::nullopt;
  auto elf = elf_of(*file);
  return elf ? std::move(*elf) : std::nullopt;
}

bool fits(const std::string& path, const ElfFacts& like) {
  const auto elf = elf_at(path);
  return elf && elf->architecture == like.architecture && elf->bits == like.bits;
}

std::string resolved(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.string();
}

LoaderCache host_loader_cache() {
  sys::KernelFiles files(sys::LinkTrust::all);
  const auto content = files.read(loader_cache_path, max_cache);
  return content ? parse_loader_cache(*content) : LoaderCache{};
}

}  // namespace frontend
