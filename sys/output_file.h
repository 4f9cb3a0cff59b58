// A regular file as a stream that is written from its beginning.
#pragma once

#include <memory>
#include <string>

#include "sys/result.h"
#include "sys/stream.h"

namespace sys {

// Makes it, mode 0666 less the umask, or empties it.
Result<std::unique_ptr<Stream>> create_output_file(const std::string& path);

}  // namespace sys
