// Writes the dynamic loader's cache (loader_cache.h) for a node, as ldconfig(8) would there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace frontend {

struct CachedLibrary {
  std::string path;    // on the node: absolute
  std::string source;  // on the front end: where it is read
};

struct LoaderCacheEntry {
  std::string name;  // the library's soname
  std::string path;
  std::int32_t flags = 0;  // for which loader: glibc's sysdeps/generic/ldconfig.h
};

// Of several entries with one name the loader takes the first.
std::string format_loader_cache(std::vector<LoaderCacheEntry> entries);

// The cache for `libraries`, each by its soname, or by its file name when it says none. Refused, naming the file: no
// library, one for a machine other than x86_64 and aarch64, a name that is none. Blocks while it reads the files.
sys::Result<std::string> make_loader_cache(std::span<const CachedLibrary> libraries);

// The loader's order of names (glibc's _dl_cache_libcmp()): numbers count as numbers, and come after all else. Less than
// 0, 0, greater than 0.
int compare_library_names(std::string_view a, std::string_view b);

}  // namespace frontend
