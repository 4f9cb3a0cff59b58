#include "tests/unit/frontend_elf_image.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace fakes {
namespace {

struct Bits64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Dynamic = Elf64_Dyn;
  static constexpr unsigned char elf_class = ELFCLASS64;
};

struct Bits32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Dynamic = Elf32_Dyn;
  static constexpr unsigned char elf_class = ELFCLASS32;
};

template <class T> std::string raw(const T& value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

// Header, three program headers, dynamic table, strings, in this order; mapped at `base`.
template <class Class> class Builder {
 public:
  explicit Builder(const ElfImage& image) : image_(image) {
    for (const std::string& name : image.needed)
      add(DT_NEEDED, name);
    if (!image.rpath.empty()) add(DT_RPATH, image.rpath);
    if (!image.runpath.empty()) add(DT_RUNPATH, image.runpath);
    if (!image.soname.empty()) add(DT_SONAME, image.soname);
    dynamic_.push_back(entry(DT_STRTAB, base + strings_at(dynamic_.size() + 2)));
    dynamic_.push_back(entry(DT_NULL, 0));
  }

  std::string bytes() {
    const auto interpreter_at = strings_at(dynamic_.size()) + strings_.size();
    const auto size = interpreter_at + image_.interpreter.size() + 1;
    std::string out = raw(header());
    out += raw(segment(PT_LOAD, 0, size));
    out += raw(segment(PT_DYNAMIC, dynamic_at, dynamic_.size() * sizeof(Dynamic)));
    out +=
        raw(segment(image_.interpreter.empty() ? PT_NULL : PT_INTERP, interpreter_at, image_.interpreter.size() + 1));
    for (const auto& one : dynamic_)
      out += raw(one);
    return out + strings_ + image_.interpreter + '\0';
  }

 private:
  using Segment = typename Class::Segment;
  using Dynamic = typename Class::Dynamic;
  static constexpr std::size_t base = 0x400000;
  static constexpr std::size_t dynamic_at = sizeof(typename Class::Header) + 3 * sizeof(Segment);

  static std::size_t strings_at(std::size_t entries) { return dynamic_at + entries * sizeof(Dynamic); }

  static Dynamic entry(int tag, std::size_t value) {
    Dynamic out{};
    out.d_tag = tag;
    out.d_un.d_val = static_cast<decltype(out.d_un.d_val)>(value);
    return out;
  }

  static Segment segment(std::uint32_t type, std::size_t offset, std::size_t size) {
    Segment out{};
    out.p_type = type;
    out.p_offset = static_cast<decltype(out.p_offset)>(offset);
    out.p_vaddr = static_cast<decltype(out.p_vaddr)>(base + offset);
    out.p_filesz = static_cast<decltype(out.p_filesz)>(size);
    out.p_memsz = out.p_filesz;
    return out;
  }

  typename Class::Header header() const {
    typename Class::Header out{};
    std::memcpy(out.e_ident, ELFMAG, SELFMAG);
    out.e_ident[EI_CLASS] = Class::elf_class;
    out.e_ident[EI_DATA] = ELFDATA2LSB;
    out.e_ident[EI_VERSION] = EV_CURRENT;
    out.e_type = image_.type;
    out.e_machine = image_.machine;
    out.e_version = EV_CURRENT;
    out.e_phoff = sizeof out;
    out.e_ehsize = sizeof out;
    out.e_phentsize = sizeof(Segment);
    out.e_phnum = 3;
    return out;
  }

  void add(int tag, const std::string& text) {
    dynamic_.push_back(entry(tag, strings_.size()));
    strings_ += text + '\0';
  }

  const ElfImage& image_;
  std::vector<Dynamic> dynamic_;
  std::string strings_ = std::string(1, '\0');
};

}  // namespace

std::string elf64(const ElfImage& image) { return Builder<Bits64>(image).bytes(); }
std::string elf32(const ElfImage& image) { return Builder<Bits32>(image).bytes(); }

sys::Result<std::optional<frontend::ElfFacts>> read_elf_bytes(const std::string& bytes) {
  return frontend::read_elf([&](std::uint64_t offset, std::span<std::byte> into) -> sys::Result<std::size_t> {
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t size = std::min<std::size_t>(into.size(), bytes.size() - offset);
    std::copy_n(std::as_bytes(std::span(bytes)).begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
    return size;
  });
}

}  // namespace fakes
