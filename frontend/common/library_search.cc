#include "frontend/common/library_search.h"

#include <array>
#include <utility>

#include "frontend/common/lexical_path.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

// The directories that Debian's loader is built with come first, then those of other systems.
std::vector<std::string> own_directories(const ElfFacts& like) {
  const std::string triplet = cat(like.architecture, "-linux-gnu");
  return {cat("/lib/", triplet), cat("/usr/lib/", triplet), "/lib64", "/usr/lib64", "/lib", "/usr/lib"};
}

std::string replace_all(std::string text, std::string_view token, std::string_view value) {
  for (auto at = text.find(token); at != text.npos; at = text.find(token, at + value.size())) {
    text.replace(at, token.size(), value);
  }
  return text;
}

// "$ORIGIN/../lib" seen from a file in `directory`, without "." and "..".
std::string expand_origin(const std::string& path, std::string_view directory) {
  std::string text = replace_all(replace_all(path, "${ORIGIN}", directory), "$ORIGIN", directory);
  return absolute_path(directory, text);
}

bool is_own_directory(std::string_view directory, const ElfFacts& like) {
  for (const std::string& own : own_directories(like)) {
    if (own == directory) return true;
  }
  return false;
}

}  // namespace

LibrarySearch::LibrarySearch(LoaderCache cache, std::string_view library_path, Fits fits)
    : cache_(std::move(cache)), fits_(std::move(fits)) {
  for (std::string_view directory : sys::split(library_path, ':')) {
    if (directory.starts_with('/')) library_path_.push_back({std::string(directory), std::string(directory)});
  }
}

std::optional<Located> LibrarySearch::find(const std::string& name, const LoadedObject& asking) const {
  const ElfFacts& like = asking.elf;
  if (name.find('/') != name.npos) {
    Located literal{expand_origin(name, sys::parent_of(asking.path)),
                    expand_origin(name, sys::parent_of(asking.source))};
    return fits_(literal.source, like) ? std::optional(std::move(literal)) : std::nullopt;
  }
  if (asking.elf.runpath.empty()) {
    for (const LoadedObject* owner = &asking; owner != nullptr; owner = owner->loader) {
      if (auto found = in(expand(owner->elf.rpath, *owner), name, like)) return found;
    }
  }
  if (auto found = in(library_path_, name, like)) return found;
  if (auto found = in(expand(asking.elf.runpath, asking), name, like)) return found;
  if (auto found = in_cache(name, like)) return found;
  return in(expand(own_directories(like), asking), name, like);
}

std::vector<LibrarySearch::Directory> LibrarySearch::expand(const std::vector<std::string>& paths,
                                                            const LoadedObject& owner) {
  std::vector<Directory> directories;
  for (const std::string& path : paths) {
    directories.push_back(
        {expand_origin(path, sys::parent_of(owner.path)), expand_origin(path, sys::parent_of(owner.source))});
  }
  return directories;
}

std::optional<Located> LibrarySearch::in(const std::vector<Directory>& directories, const std::string& name,
                                         const ElfFacts& like) const {
  for (const Directory& directory : directories) {
    const std::string source = cat(directory.source, "/", name);
    if (fits_(source, like)) return Located{cat(directory.on_node, "/", name), source};
  }
  return std::nullopt;
}

std::optional<Located> LibrarySearch::in_cache(const std::string& name, const ElfFacts& like) const {
  const auto [first, last] = cache_.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    const std::string& path = entry->second;
    if (fits_(path, like)) return Located{path, path, !is_own_directory(sys::parent_of(path), like)};
  }
  return std::nullopt;
}

}  // namespace frontend
