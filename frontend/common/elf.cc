#include "frontend/common/elf.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_segments = 256;
constexpr std::size_t max_dynamic = 4096;  // entries
constexpr std::size_t max_needed = 512;
constexpr std::size_t max_string = 4096;  // bytes; PATH_MAX
constexpr std::size_t max_paths = 64;     // of one search path

using sys::cat;
using sys::refusal;

struct Bits64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Dynamic = Elf64_Dyn;
  static constexpr unsigned bits = 64;
};

struct Bits32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Dynamic = Elf32_Dyn;
  static constexpr unsigned bits = 32;
};

std::string architecture_of(std::uint16_t machine, unsigned bits) {
  struct Row {
    std::uint16_t machine;
    unsigned bits;
    std::string_view name;
  };
  constexpr std::uint16_t em_loongarch = 258;  // not in musl 1.2.3's elf.h
  static constexpr std::array rows = {
      Row{EM_X86_64, 64, "x86_64"},   Row{EM_386, 32, "i686"},
      Row{EM_AARCH64, 64, "aarch64"}, Row{EM_ARM, 32, "armv7l"},
      Row{EM_PPC64, 64, "ppc64le"},   Row{EM_RISCV, 64, "riscv64"},
      Row{EM_X86_64, 32, "x32"},      Row{em_loongarch, 64, "loongarch64"},
  };
  for (const Row& row : rows) {
    if (row.machine == machine && row.bits == bits) return std::string(row.name);
  }
  return cat("machine ", machine);
}

sys::Status read_exactly(const ReadAt& read, std::uint64_t offset, std::span<std::byte> into) {
  if (into.empty()) return {};
  const auto got = read(offset, into);
  if (!got) return tl::unexpected(got.error());
  if (*got < into.size()) return refusal("broken ELF file: it ends too early");
  return {};
}

template <class T> sys::Result<std::vector<T>> read_table(const ReadAt& read, std::uint64_t offset, std::size_t count) {
  std::vector<T> table(count);
  if (auto status = read_exactly(read, offset, std::as_writable_bytes(std::span(table))); !status) {
    return tl::unexpected(status.error());
  }
  return table;
}

// The string at `offset`: names are short, so it is read in small pieces until its end is seen.
sys::Result<std::string> read_string(const ReadAt& read, std::uint64_t offset) {
  std::string text;
  std::array<char, 64> piece;
  while (text.size() < max_string) {
    const auto got = read(offset + text.size(), std::as_writable_bytes(std::span(piece)));
    if (!got) return tl::unexpected(got.error());
    const std::string_view seen(piece.data(), *got);
    text += seen.substr(0, seen.find('\0'));
    if (seen.find('\0') != seen.npos) return text;
    if (*got < piece.size()) break;
  }
  return refusal("broken ELF file: a string without an end");
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string_view part : sys::split(path, ':')) {
    if (!part.empty() && parts.size() < max_paths) parts.emplace_back(part);
  }
  return parts;
}

template <class Class> class Reader {
 public:
  explicit Reader(const ReadAt& read) : read_(read) {}

  sys::Result<ElfFacts> facts() {
    auto headers = read_table<Header>(read_, 0, 1);
    if (!headers) return tl::unexpected(headers.error());
    const Header& header = headers->front();
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return refusal("neither a program nor a library");
    if (header.e_phentsize != sizeof(Segment)) return refusal("broken ELF file: program header size");
    if (header.e_phnum > max_segments) return refusal(cat("broken ELF file: ", header.e_phnum, " segments"));
    auto segments = read_table<Segment>(read_, header.e_phoff, header.e_phnum);
    if (!segments) return tl::unexpected(segments.error());
    segments_ = std::move(*segments);
    facts_.bits = Class::bits;
    facts_.architecture = architecture_of(header.e_machine, Class::bits);
    if (auto status = read_interpreter().and_then([this] { return read_dynamic(); }); !status) {
      return tl::unexpected(status.error());
    }
    return std::move(facts_);
  }

 private:
  using Header = typename Class::Header;
  using Segment = typename Class::Segment;
  using Dynamic = typename Class::Dynamic;

  // The first segment of a kind is the one that counts.
  const Segment* find(std::uint32_t type) const {
    for (const Segment& segment : segments_) {
      if (segment.p_type == type) return &segment;
    }
    return nullptr;
  }

  sys::Status read_interpreter() {
    const Segment* segment = find(PT_INTERP);
    if (segment == nullptr) return {};
    if (auto status = keep(read_string(read_, segment->p_offset), facts_.interpreter); !status) return status;
    if (!sys::is_clean_path(facts_.interpreter)) return refusal("broken ELF file: its loader has no absolute path");
    return {};
  }

  sys::Status read_dynamic() {
    const Segment* segment = find(PT_DYNAMIC);
    if (segment == nullptr) return {};
    const std::size_t count = segment->p_filesz / sizeof(Dynamic);
    if (count > max_dynamic) return refusal(cat("broken ELF file: ", count, " dynamic entries"));
    auto table = read_table<Dynamic>(read_, segment->p_offset, count);
    if (!table) return tl::unexpected(table.error());
    const auto strings = string_table(*table);
    for (const Dynamic& entry : *table) {
      if (entry.d_tag == DT_NULL) break;
      if (auto status = read_entry(entry, strings); !status) return status;
    }
    if (!facts_.runpath.empty()) facts_.rpath.clear();
    return {};
  }

  // Where the dynamic string table is in the file: DT_STRTAB is an address, which the segments translate.
  std::optional<std::uint64_t> string_table(const std::vector<Dynamic>& table) const {
    for (const Dynamic& entry : table) {
      if (entry.d_tag != DT_STRTAB) continue;
      for (const Segment& segment : segments_) {
        if (segment.p_type != PT_LOAD || entry.d_un.d_ptr < segment.p_vaddr) continue;
        const std::uint64_t within = entry.d_un.d_ptr - segment.p_vaddr;
        if (within < segment.p_filesz) return segment.p_offset + within;
      }
    }
    return std::nullopt;
  }

  sys::Status read_entry(const Dynamic& entry, std::optional<std::uint64_t> strings) {
    static constexpr std::array named = {DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME};
    if (std::find(named.begin(), named.end(), entry.d_tag) == named.end()) return {};
    if (!strings) return refusal("broken ELF file: no string table");
    std::string text;
    if (auto status = keep(read_string(read_, *strings + entry.d_un.d_val), text); !status) return status;
    if (entry.d_tag == DT_RPATH) facts_.rpath = split_path(text);
    if (entry.d_tag == DT_RUNPATH) facts_.runpath = split_path(text);
    if (entry.d_tag == DT_SONAME) facts_.soname = text;
    if (entry.d_tag != DT_NEEDED) return {};
    if (facts_.needed.size() == max_needed) return refusal("broken ELF file: too many needed libraries");
    facts_.needed.push_back(std::move(text));
    return {};
  }

  static sys::Status keep(sys::Result<std::string> text, std::string& into) {
    if (!text) return tl::unexpected(text.error());
    into = std::move(*text);
    return {};
  }

  const ReadAt& read_;
  std::vector<Segment> segments_;
  ElfFacts facts_;
};

}  // namespace

sys::Result<std::optional<ElfFacts>> read_elf(const ReadAt& read) {
  std::array<unsigned char, EI_NIDENT> identity{};
  const auto got = read(0, std::as_writable_bytes(std::span(identity)));
  if (!got) return tl::unexpected(got.error());
  if (*got < identity.size() || std::memcmp(identity.data(), ELFMAG, SELFMAG) != 0) return std::optional<ElfFacts>{};
  if (identity[EI_DATA] != ELFDATA2LSB) return refusal("an ELF file for a big-endian machine");
  sys::Result<ElfFacts> facts = refusal("broken ELF file: neither 32 nor 64 bits");
  if (identity[EI_CLASS] == ELFCLASS64) facts = Reader<Bits64>(read).facts();
  if (identity[EI_CLASS] == ELFCLASS32) facts = Reader<Bits32>(read).facts();
  if (!facts) return tl::unexpected(facts.error());
  return std::optional<ElfFacts>(std::move(*facts));
}

}  // namespace frontend
