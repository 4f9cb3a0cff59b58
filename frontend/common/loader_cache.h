// The dynamic loader's cache, /etc/ld.so.cache (ldconfig(8); glibc's dl-cache.h, format "glibc-ld.so.cache1.1").
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace frontend {

inline constexpr char loader_cache_path[] = "/etc/ld.so.cache";

// Library name to the paths that the cache has for it, in its order (one per architecture, as a rule). Variants for special
// processors (hwcap) are left out: the node's processor may be another. What cannot be read gives an empty cache.
using LoaderCache = std::multimap<std::string, std::string, std::less<>>;
LoaderCache parse_loader_cache(std::string_view content);

}  // namespace frontend
