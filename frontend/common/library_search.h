// Where the dynamic loader would find a library (ld.so(8)): a name with a slash as it is; else DT_RPATH of the one who
// asks and of those who brought it in (unless it has a DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH, the loader's cache, and the loader's
// own directories. A file for another architecture is passed over, as the loader does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/common/elf.h"
#include "frontend/common/loader_cache.h"

namespace frontend {

// A program or library as the loader sees it on the node, and where it is read on the front end. The two differ
// when the program was named through a symbolic link: on the node it stands where it was named.
struct LoadedObject {
  std::string path;    // on the node
  std::string source;  // on the front end, links resolved
  ElfFacts elf;
  const LoadedObject* loader = nullptr;  // who asked for it first; nobody for the program
};

struct Located {
  std::string path;            // on the node
  std::string source;          // on the front end
  bool through_cache = false;  // the node's loader needs the cache to find it
};

class LibrarySearch {
 public:
  // Whether the file at a path is a library that `architecture` and `bits` fit; the search's only look at the disk.
  using Fits = std::function<bool(const std::string& path, const ElfFacts& like)>;

  LibrarySearch(LoaderCache cache, std::string_view library_path, Fits fits);
  // Nothing when there is no such library.
  std::optional<Located> find(const std::string& name, const LoadedObject& asking) const;

 private:
  struct Directory {
    std::string on_node;
    std::string source;
  };
  std::optional<Located> in(const std::vector<Directory>& directories, const std::string& name,
                            const ElfFacts& like) const;
  std::optional<Located> in_cache(const std::string& name, const ElfFacts& like) const;
  static std::vector<Directory> expand(const std::vector<std::string>& paths, const LoadedObject& owner);

  LoaderCache cache_;
  std::vector<Directory> library_path_;
  Fits fits_;
};

}  // namespace frontend
