#include "frontend/common/loader_cache_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <type_traits>

#include "frontend/common/elf_file.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

constexpr std::string_view magic = "glibc-ld.so.cache1.1";
constexpr std::size_t header_size = 48;  // bytes
constexpr std::size_t entry_size = 24;   // bytes
constexpr char little_endian = 2;
constexpr std::size_t max_libraries = 10000;

struct Row {
  std::string_view architecture;
  std::int32_t flags;
};
// libc6 (3), and the machine's own bits.
constexpr std::array rows = {
    Row{"x86_64", 0x0303},
    Row{"aarch64", 0x0a03},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// As the loader's int would overflow.
std::int32_t take_number(std::string_view& text) {
  std::uint32_t number = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1))
    number = number * 10 + static_cast<std::uint32_t>(text.front() - '0');
  return static_cast<std::int32_t>(number);
}

// Little-endian, as all machines are that we write for.
template <class T> void append(std::string& out, T number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    out += static_cast<char>(static_cast<std::make_unsigned_t<T>>(number) >> (8 * i));
}

// Zero-terminated strings, each once.
class Strings {
 public:
  explicit Strings(std::size_t start) : start_(start) {}
  std::uint32_t offset_of(const std::string& text) {
    const auto [known, is_new] = known_.emplace(text, static_cast<std::uint32_t>(start_ + bytes_.size()));
    if (is_new) bytes_ += text + '\0';
    return known->second;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::size_t start_;
  std::string bytes_;
  std::map<std::string, std::uint32_t> known_;
};

std::string header(std::size_t entries, std::size_t strings) {
  std::string out(magic);
  append(out, static_cast<std::uint32_t>(entries));
  append(out, static_cast<std::uint32_t>(strings));
  out += little_endian;
  out.resize(header_size);  // no extensions
  return out;
}

bool is_library_name(std::string_view name) {
  return !name.empty() && name.size() <= sys::longest_component && name.find('/') == name.npos &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

sys::Result<LoaderCacheEntry> entry_of(const CachedLibrary& library) {
  if (const auto fault = sys::path_fault(library.path); !fault.empty())
    return sys::refusal(cat(sys::printable(library.path), ": the path ", fault));
  const auto file = sys::FileReader::open(library.source);
  if (!file) return tl::unexpected(file.error());
  const auto elf = elf_of(*file);
  if (!elf) return sys::within(library.source, elf.error());
  if (!*elf) return sys::refusal(cat(library.source, ": not a library (no ELF header)"));
  const std::string& soname = (*elf)->soname;
  LoaderCacheEntry entry{soname.empty() ? std::string(sys::name_in(library.path)) : soname, library.path};
  if (!is_library_name(entry.name))
    return sys::refusal(cat(library.source, ": '", sys::printable(entry.name), "' is no name of a library"));
  for (const Row& row : rows) {
    if (row.architecture == (*elf)->architecture) entry.flags = row.flags;
  }
  if (entry.flags == 0)
    return sys::refusal(cat(library.source, ": a library for ", (*elf)->architecture,
                            ", whose loader's cache is not known; only that of x86_64 and aarch64 is"));
  return entry;
}

}  // namespace

int compare_library_names(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const bool a_digit = is_digit(a.front()), b_digit = is_digit(b.front());
    if (a_digit != b_digit) return a_digit ? 1 : -1;
    if (a_digit) {
      const auto left = static_cast<std::uint32_t>(take_number(a)), right = static_cast<std::uint32_t>(take_number(b));
      if (left != right) return static_cast<std::int32_t>(left - right);
    } else {
      if (a.front() != b.front()) return a.front() - b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return static_cast<int>(b.empty()) - static_cast<int>(a.empty());
}

std::string format_loader_cache(std::vector<LoaderCacheEntry> entries) {
  // The loader's binary search goes from the greatest to the least.
  std::stable_sort(entries.begin(), entries.end(), [](const LoaderCacheEntry& a, const LoaderCacheEntry& b) {
    const int order = compare_library_names(a.name, b.name);
    return order != 0 ? order > 0 : a.flags > b.flags;
  });
  Strings strings(header_size + entries.size() * entry_size);
  std::string table;
  for (const LoaderCacheEntry& entry : entries) {
    append(table, entry.flags);
    append(table, strings.offset_of(entry.name));
    append(table, strings.offset_of(entry.path));
    append(table, std::uint32_t{0});  // any version of the kernel
    append(table, std::uint64_t{0});  // any processor
  }
  return header(entries.size(), strings.bytes().size()) + table + strings.bytes();
}

sys::Result<std::string> make_loader_cache(std::span<const CachedLibrary> libraries) {
  if (libraries.size() > max_libraries) return sys::refusal(cat("more than ", max_libraries, " libraries in a cache"));
  std::vector<LoaderCacheEntry> entries;
  for (const CachedLibrary& library : libraries) {
    auto entry = entry_of(library);
    if (!entry) return tl::unexpected(entry.error());
    entries.push_back(std::move(*entry));
  }
  return format_loader_cache(std::move(entries));
}

}  // namespace frontend
