// All that programs and libraries of the front end need on a node to be loaded there: libraries, their libraries, the
// loaders of their architectures, and the links by which these are named; found here, as the dynamic loader would.
#pragma once

#include <string>
#include <vector>

#include "frontend/common/loader_cache_writer.h"
#include "frontend/common/node_places.h"
#include "frontend/common/program_files.h"
#include "sys/result.h"

namespace frontend {

struct LibrariesRequest {
  std::vector<std::string> programs;   // absolute paths, or names that are looked for in $PATH
  std::vector<std::string> libraries;  // absolute paths, patterns of such (glob.h), or names: "libnss_files.so.2"
};

struct NodeLibraries {
  std::vector<ProgramFile> files;  // by path, the programs that were asked for among them (`part`); no source twice
  std::vector<NodeLink> links;     // by path; to be made after the files, so that none dangles
  // Those that the front end's /etc/ld.so.cache names, in its order: what the node's has to name (make_loader_cache()), so
  // that libraries in unusual places are found there too.
  std::vector<CachedLibrary> cached;
};

inline constexpr std::size_t max_node_libraries = 4096;  // files and links

// A name of a library is looked for as a program without a DT_RPATH would, for every architecture of `programs`, or for
// this machine's when there are none. Of what a pattern matches, what is no ELF file is passed over. Refused: a
// program or library that is not there, with who needs it and where it was looked for; a pattern that matches no
// library; more than max_node_libraries. Blocks while it reads files.
sys::Result<NodeLibraries> resolve_libraries(const LibrariesRequest& request, const SearchPaths& paths = {});

}  // namespace frontend
