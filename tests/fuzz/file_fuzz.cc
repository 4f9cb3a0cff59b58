// Files that come from elsewhere: key files, ELF headers, the lists of modules, packed modules, the loader's cache.
//
// Input: one byte that chooses the kind, then the file. What has to hold: a key that is read is the one that is written
// again, and no error quotes the digits of a secret; what an ELF file says is bounded, and a file that ends early is
// refused like any other; modules are loaded in an order that ends with the one that was asked for, none of them twice;
// what is unpacked is no longer than it may be; a cache that was read is read again from what is written of it.
#include <algorithm>
#include <set>

#include "crypto/key_file.h"
#include "frontend/common/elf.h"
#include "frontend/common/kernel_modules.h"
#include "frontend/common/loader_cache.h"
#include "frontend/common/loader_cache_writer.h"
#include "frontend/common/unpack.h"
#include "sys/module_dependencies.h"
#include "sys/text.h"
#include "tests/fakes/fake_files.h"
#include "tests/fuzz/allocation.h"
#include "tests/fuzz/fuzz.h"

namespace {

using fuzz::require;

constexpr std::size_t identity_size = 16;  // bytes, of an ELF file
constexpr std::size_t secret_piece = 16;   // as many digits in a row of an error would give something away

void check_error(const sys::Error& error, std::string_view text) {
  const std::string said = error.text();
  require(!said.empty(), "a refusal has a reason");
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    run = digits.find(text[i]) == digits.npos ? 0 : run + 1;
    if (run < secret_piece) continue;
    require(said.find(text.substr(i + 1 - secret_piece, secret_piece)) == said.npos, "an error quotes no secret");
  }
}

void read_key(std::string_view text) {
  static fakes::Faults faults;
  static fakes::FakeFiles files(faults);
  faults.calls.clear();
  files.put("/k", std::string(text));
  for (const auto kind : {crypto::KeyKind::front_end_secret, crypto::KeyKind::cluster}) {
    const auto secret = crypto::read_secret(files, "/k", kind);
    if (!secret) {
      check_error(secret.error(), text);
      continue;
    }
    files.put("/k", crypto::format_key(kind, secret->bytes()));
    const auto again = crypto::read_secret(files, "/k", kind);
    require(again && std::ranges::equal(again->bytes(), secret->bytes()), "a key is read as it is written");
  }
  files.put("/k", std::string(text));
  if (const auto key = crypto::read_public(files, "/k"); !key) check_error(key.error(), text);
}

void read_elf(std::string_view file) {
  std::size_t reads = 0;
  const auto read = [&](std::uint64_t offset, std::span<std::byte> into) -> sys::Result<std::size_t> {
    require(++reads < 4096, "the work is bounded");
    if (offset >= file.size()) return std::size_t{0};
    const auto piece = std::as_bytes(std::span(file)).subspan(offset);
    const std::size_t size = std::min(piece.size(), into.size());
    std::copy_n(piece.begin(), size, into.begin());
    return size;
  };
  constexpr std::size_t most = 8u << 20;
  const fuzz::Allocations allocations;
  const auto facts = frontend::read_elf(read);
  require(allocations.total() < most, "an ELF file costs what it may");
  if (!facts) return require(!facts.error().text().empty(), "a refusal has a reason");
  if (!*facts) {
    return require(file.size() < identity_size || !file.starts_with("\x7f"
                                                                    "ELF"),
                   "an ELF file is one, or is refused");
  }
  const frontend::ElfFacts& elf = **facts;
  require(elf.bits == 32 || elf.bits == 64, "an ELF file has 32 or 64 bits");
  require(!elf.architecture.empty(), "an ELF file is for some machine");
  require(elf.rpath.empty() || elf.runpath.empty(), "a runpath counts before an rpath");
}

void read_modules(std::string_view text) {
  const auto modules = sys::ModuleDependencies::parse(text);
  if (!modules) return require(!modules.error().text().empty(), "a refusal has a reason");
  for (const std::string_view line : sys::split(text, '\n')) {
    const std::string name = sys::module_name(line.substr(0, line.find(':')));
    const auto order = modules->load_order(name);
    if (line.empty()) continue;
    require(order != nullptr && !order->empty() && sys::module_name(order->back()) == name, "a module is loaded last");
  }
}

// The four texts of a folder of modules, with a zero byte between them.
void read_module_folder(std::string_view text) {
  const auto parts = sys::split(text, '\0');
  const auto part = [&](std::size_t i) { return std::string(i < parts.size() ? parts[i] : ""); };
  const auto folder = frontend::ModuleFolder::parse("/m", {part(0), part(1), part(2), part(3)});
  if (!folder) return require(!folder.error().text().empty(), "a refusal has a reason");
  for (const std::string_view line : sys::split(parts[0], '\n')) {
    const std::vector<frontend::ModuleRequest> requests = {{sys::module_name(line.substr(0, line.find(':'))), ""}};
    const auto order = folder->load_order(requests);
    if (!order) {
      require(!order.error().text().empty(), "a refusal has a reason");
      continue;
    }
    std::set<std::string> names;
    for (const frontend::ModuleFile& file : order->files)
      require(names.insert(file.name).second, "no module is loaded twice");
    require(order->built_in.size() == 1 || names.contains(requests[0].name), "a module that is there is loaded");
  }
}

constexpr std::size_t unpacked_limit = 64u << 10;  // bytes

template <auto unpack> void read_packed(std::string_view packed) {
  const auto content = unpack(packed, unpacked_limit);
  if (!content) return require(!content.error().text().empty(), "a refusal has a reason");
  require(content->size() <= unpacked_limit, "what is unpacked is no longer than it may be");
}

void read_loader_cache(std::string_view file) {
  const auto cache = frontend::parse_loader_cache(file);
  std::vector<frontend::LoaderCacheEntry> entries;
  for (const auto& [name, path] : cache)
    entries.push_back({name, path, 0x303});
  require(frontend::parse_loader_cache(frontend::format_loader_cache(entries)) == cache,
          "a cache is read as it is written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  constexpr void (*readers[])(std::string_view) = {read_key,
                                                   read_elf,
                                                   read_modules,
                                                   read_module_folder,
                                                   read_packed<frontend::unpack_xz>,
                                                   read_packed<frontend::unpack_zstd>,
                                                   read_loader_cache};
  const std::uint8_t kind = input.byte();
  readers[kind % std::size(readers)](fuzz::as_text(input.rest()));
  return 0;
}
