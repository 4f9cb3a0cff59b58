// Which files a program needs to run on a node: itself, its interpreter, and the libraries that the dynamic loader
// would open for it (ld.so(8)), found on the front end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace frontend {

struct ProgramFile {
  std::string path;    // on the node: as the kernel or the loader names it
  std::string source;  // on the front end: where it is read
  std::uint32_t mode = 0755;
};

struct ProgramFiles {
  std::string program;             // absolute; the same as files[0].path
  std::string architecture;        // as uname -m says it
  std::vector<ProgramFile> files;  // the program first
};

// `program` is absolute; `library_path` is the caller's LD_LIBRARY_PATH. A script brings its interpreter along. Errors are those
// a shell would give: ENOENT, EACCES, EISDIR, ENOEXEC; missing libraries are ENOENT with all their names and
// who needs them. Blocks while it reads files.
sys::Result<ProgramFiles> resolve_program(const std::string& program, std::string_view library_path = {});

}  // namespace frontend
