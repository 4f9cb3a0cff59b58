#include "frontend/common/library_search.h"

#include <array>
#include <utility>

#include "frontend/common/lexical_path.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

// What Debian calls a machine in the names of directories, where that is not what uname -m says.
std::string multiarch(std::string_view architecture) {
  struct Row {
    std::string_view architecture, triplet;
  };
  static constexpr std::array rows = {
      Row{"i686", "i386-linux-gnu"},
      Row{"armv7l", "arm-linux-gnueabihf"},
      Row{"ppc64le", "powerpc64le-linux-gnu"},
      Row{"x32", "x86_64-linux-gnux32"},
  };
  for (const Row& row : rows) {
    if (row.architecture == architecture) return std::string(row.triplet);
  }
  return cat(architecture, "-linux-gnu");
}

// Where the loader looks without being told.
std::vector<std::string> own_directories(const ElfFacts& like) {
  const std::string triplet = multiarch(like.architecture);
  return {cat("/lib/", triplet), cat("/usr/lib/", triplet), "/lib", "/usr/lib"};
}

// Where the loaders of other systems than Debian look as well.
std::vector<std::string> other_directories() { return {"/lib64", "/usr/lib64"}; }

bool is_own_directory(std::string_view directory, const ElfFacts& like) {
  for (const std::string& own : own_directories(like)) {
    if (own == directory) return true;
  }
  return false;
}

std::string replace_all(std::string text, std::string_view token, std::string_view value) {
  for (auto at = text.find(token); at != text.npos; at = text.find(token, at + value.size())) {
    text.replace(at, token.size(), value);
  }
  return text;
}

std::string expand_origin(const std::string& path, const std::string& file) {
  const std::string_view directory = sys::parent_of(file);
  return replace_all(replace_all(path, "${ORIGIN}", directory), "$ORIGIN", directory);
}

}  // namespace

LibrarySearch::LibrarySearch(LoaderCache cache, std::string_view library_path, Fits fits)
    : cache_(std::move(cache)), fits_(std::move(fits)) {
  for (std::string_view directory : sys::split(library_path, ':')) {
    if (!directory.empty()) library_path_.emplace_back(directory);
  }
}

std::optional<Located> LibrarySearch::find(const std::string& name, const LoadedObject& asking) const {
  const ElfFacts& like = asking.elf;
  if (name.find('/') != name.npos) return at(name, asking, like);
  if (asking.elf.runpath.empty()) {
    for (const LoadedObject* owner = &asking; owner != nullptr; owner = owner->loader) {
      if (auto found = in(owner->elf.rpath, *owner, name, like)) return found;
    }
  }
  if (auto found = in(library_path_, asking, name, like)) return found;
  if (auto found = in(asking.elf.runpath, asking, name, like)) return found;
  if (auto found = in_cache(name, like)) return found;
  if (auto found = in(own_directories(like), asking, name, like)) return found;
  return in(other_directories(), asking, name, like);
}

std::optional<Located> LibrarySearch::in(const std::vector<std::string>& directories, const LoadedObject& owner,
                                         const std::string& name, const ElfFacts& like) const {
  for (const std::string& directory : directories) {
    if (auto found = at(cat(directory, "/", name), owner, like)) return found;
  }
  return std::nullopt;
}

// "$ORIGIN/../lib/libx.so": on the node its directories are real ones, so that ".." is a matter of text; here it is
// left to the kernel, as a directory may be a link.
std::optional<Located> LibrarySearch::at(const std::string& path, const LoadedObject& owner,
                                         const ElfFacts& like) const {
  const std::string source = expand_origin(path, owner.source);
  if (!source.starts_with('/') || !fits_(source, like)) return std::nullopt;
  return Located{absolute_path("/", expand_origin(path, owner.path)), source};
}

std::optional<Located> LibrarySearch::in_cache(const std::string& name, const ElfFacts& like) const {
  const auto [first, last] = cache_.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    const std::string& path = entry->second;
    if (!fits_(path, like)) continue;
    return Located{absolute_path("/", path), path, !is_own_directory(sys::parent_of(path), like)};
  }
  return std::nullopt;
}

}  // namespace frontend
