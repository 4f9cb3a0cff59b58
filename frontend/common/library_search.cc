#include "frontend/common/library_search.h"

#include <algorithm>
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
  for (const Place& place : places_for(asking)) {
    auto found =
        place.directory.empty() ? in_cache(name, like) : at(cat(place.directory, "/", name), *place.owner, like);
    if (found) return found;
  }
  return std::nullopt;
}

std::vector<std::string> LibrarySearch::places(const std::string& name, const LoadedObject& asking) const {
  if (name.find('/') != name.npos) return {expand_origin(name, asking.source)};
  std::vector<std::string> places;
  for (const Place& place : places_for(asking)) {
    std::string text =
        place.directory.empty() ? loader_cache_path : expand_origin(place.directory, place.owner->source);
    if (std::find(places.begin(), places.end(), text) == places.end()) places.push_back(std::move(text));
  }
  return places;
}

std::vector<LibrarySearch::Place> LibrarySearch::places_for(const LoadedObject& asking) const {
  std::vector<Place> places;
  const auto add = [&places](const std::vector<std::string>& directories, const LoadedObject& owner) {
    for (const std::string& directory : directories)
      places.push_back({directory, &owner});
  };
  if (asking.elf.runpath.empty()) {
    for (const LoadedObject* owner = &asking; owner != nullptr; owner = owner->loader)
      add(owner->elf.rpath, *owner);
  }
  add(library_path_, asking);
  add(asking.elf.runpath, asking);
  places.push_back({"", &asking});
  add(own_directories(asking.elf), asking);
  add(other_directories(), asking);
  return places;
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
