#include "sys/output_file.h"

#include <fcntl.h>

#include <cerrno>

#include "sys/text.h"

namespace sys {

Result<std::unique_ptr<Stream>> create_output_file(const std::string& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
  if (!file.valid()) return failure(errno, cat("create ", path));
  return stream_of(std::move(file));
}

}  // namespace sys
