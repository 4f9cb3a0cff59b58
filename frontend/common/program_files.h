// Which files a program needs to run on a node: itself, its interpreter, and the libraries that the dynamic loader
// would open for it (ld.so(8)), found on the front end. What a program opens by itself while it runs (plugins, data,
// the modules of an interpreter) is not seen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/common/find_program.h"
#include "sys/result.h"

namespace frontend {

enum class ProgramPart {
  program,  // itself, the interpreters of a script, what env(1) is to find
  loader,   // the ELF interpreter
  library,
  loader_cache,
};

struct ProgramFile {
  std::string path;    // on the node: as the kernel or the loader names it
  std::string source;  // on the front end: where it is read
  std::uint32_t mode = 0755;
  ProgramPart part = ProgramPart::program;
};

struct ProgramFiles {
  std::string program;             // absolute; the same as files[0].path
  std::string architecture;        // as uname -m says it
  std::vector<ProgramFile> files;  // the program first; no path twice
};

// The variables of a caller's environment by which programs and libraries are found.
struct SearchPaths {
  std::string_view library_path = {};                  // $LD_LIBRARY_PATH
  std::string_view search_path = default_search_path;  // $PATH, for scripts that begin with "#!/usr/bin/env NAME"
};

// `program` is absolute. A script brings its interpreter along. Errors are those that a shell would give: ENOENT, EACCES,
// EISDIR, ENOEXEC; missing libraries are ENOENT with all their names, who needs them and where they were looked for. Blocks while it
// reads files.
sys::Result<ProgramFiles> resolve_program(const std::string& program, const SearchPaths& paths = {});

}  // namespace frontend
