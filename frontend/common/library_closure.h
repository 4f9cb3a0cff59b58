// All libraries that the dynamic loader would open for programs and libraries: what these need, what that needs, and so on.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "frontend/common/library_search.h"
#include "sys/result.h"

namespace frontend {

struct MissingLibrary {
  std::string name;
  std::string needed_by;              // empty: it is asked for itself
  std::vector<std::string> searched;  // directories, and the loader's cache
};

// "libx.so.1, needed by /usr/bin/x, is not found; searched: ...", all of them in one sentence.
std::string text_of(const std::vector<MissingLibrary>& missing);

class LibraryClosure {
 public:
  // `search` must outlive it.
  explicit LibraryClosure(const LibrarySearch& search) : search_(search) {}

  // What `root` needs when it is loaded by `interpreter` (empty: not known), breadth first, as the loader does: a
  // library is loaded once, for the first who asks for it. Refused: more than 512 libraries of one root.
  sys::Status add(LoadedObject root, const std::string& interpreter);

  // In the order in which they were found; more than once when several roots need it.
  const std::vector<Located>& libraries() const { return libraries_; }
  // What these say that they are loaded by: libc does.
  const std::set<std::string>& interpreters() const { return interpreters_; }
  const std::vector<MissingLibrary>& missing() const { return missing_; }

 private:
  std::optional<LoadedObject> add_library(const std::string& name, const LoadedObject& asking);

  const LibrarySearch& search_;
  std::vector<Located> libraries_;
  std::set<std::string> interpreters_;
  std::vector<MissingLibrary> missing_;
};

}  // namespace frontend
