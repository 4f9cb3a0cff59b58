#include "sys/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/file_io.h"
#include "sys/text.h"

namespace sys {

Result<FileReader> FileReader::open(const std::string& path) {
  auto fd = open_path("open", path, O_RDONLY | O_NONBLOCK);
  if (!fd) return tl::unexpected(fd.error());
  FileReader reader(std::move(*fd), path);
  const auto facts = reader.facts();
  if (!facts) return tl::unexpected(facts.error());
  if (facts->kind == FileKind::directory) return failure(EISDIR, cat("open ", path));
  if (facts->kind != FileKind::regular) return refusal(cat("open ", path, ": not a regular file"));
  return reader;
}

Result<std::size_t> FileReader::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const auto rest = into.subspan(filled);
    const ssize_t got = ::pread(fd_.get(), rest.data(), rest.size(), static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return path_failure("read", path_);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

Result<FileFacts> FileReader::facts() const {
  struct stat found;
  if (::fstat(fd_.get(), &found) < 0) return path_failure("look at", path_);
  return facts_of(found);
}

}  // namespace sys
