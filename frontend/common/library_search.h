// Where the dynamic loader would find a library (ld.so(8)): a name with a slash as it is; else DT_RPATH of the one who
// asks and of those who brought it in (unless it has a DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH, the loader's cache,
// and the loader's own directories. A file for another architecture is passed over, as the loader does.
//
// Paths that are relative to the working directory are left out: the node's may be another.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/common/elf.h"
#include "frontend/common/loader_cache.h"

namespace frontend {

// A file has one name on the node, where it stands at a clean path of its own, and one on the front end, where
// symbolic links may lead to it.
struct Located {
  std::string path;            // on the node; clean
  std::string source;          // on the front end: where it is read
  bool through_cache = false;  // the node's loader needs the cache to find it
};

// A program or library that asks for others. $ORIGIN is the directory of `path` on the node, of `source` here.
struct LoadedObject {
  std::string path;
  std::string source;
  ElfFacts elf;
  const LoadedObject* loader = nullptr;  // who asked for it first; nobody for the program
};

class LibrarySearch {
 public:
  // Whether the file at a path is a library for the machine of `like`; the search's only look at the disk.
  using Fits = std::function<bool(const std::string& path, const ElfFacts& like)>;

  LibrarySearch(LoaderCache cache, std::string_view library_path, Fits fits);
  // Nothing when there is no such library.
  std::optional<Located> find(const std::string& name, const LoadedObject& asking) const;
  // Where find() looks, in this order, each place once: directories, the loader's cache, or the one path that a name with
  // a slash is.
  std::vector<std::string> places(const std::string& name, const LoadedObject& asking) const;

 private:
  struct Place {
    std::string directory;      // empty: the loader's cache
    const LoadedObject* owner;  // who names it
  };
  std::vector<Place> places_for(const LoadedObject& asking) const;
  std::optional<Located> at(const std::string& path, const LoadedObject& owner, const ElfFacts& like) const;
  std::optional<Located> in_cache(const std::string& name, const ElfFacts& like) const;

  LoaderCache cache_;
  std::vector<std::string> library_path_;
  Fits fits_;
};

}  // namespace frontend
