#include "sys/file_reader.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "sys/file_io.h"
#include "sys/text.h"

namespace sys {

namespace {

// The magic links of /proc lead past the permissions of the directories above a file, and "self" is whoever opens.
Result<Fd> open_without_magic(const std::string& path, int flags) {
  open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOCTTY | O_LARGEFILE);
  how.resolve = RESOLVE_NO_MAGICLINKS;
  Fd fd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  if (fd.valid()) return fd;
  // There is no openat2 here, or a filter denies it.
  if (errno == ENOSYS || errno == EPERM) return open_path("open", path, flags);
  return path_failure("open", path);
}

}  // namespace

Result<FileReader> FileReader::open(const std::string& path) {
  auto fd = open_path("open", path, O_RDONLY | O_NONBLOCK);
  if (!fd) return tl::unexpected(fd.error());
  return adopt(std::move(*fd), path);
}

Result<FileReader> FileReader::open_at(const SafePaths& paths, const std::string& path) {
  auto fd = paths.open("open", path, O_RDONLY | O_NONBLOCK);
  if (!fd) return tl::unexpected(fd.error());
  return adopt(std::move(*fd), path);
}

Result<FileReader> FileReader::open_as(const FileRights& rights, const std::string& path) {
  const auto borrowed = BorrowedRights::borrow(rights);
  if (!borrowed) return tl::unexpected(borrowed.error());
  auto fd = open_without_magic(path, O_RDONLY | O_NONBLOCK);
  if (!fd) return tl::unexpected(fd.error());
  return adopt(std::move(*fd), path);
}

Result<FileReader> FileReader::adopt(Fd fd, const std::string& path) {
  FileReader reader(std::move(fd), path);
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

bool FileReader::is_being_written() const {
  // Whoever opens it in the moment of the lease makes the kernel send a signal: one that does nothing.
  if (::fcntl(fd_.get(), F_SETSIG, SIGURG) < 0) return false;
  if (::fcntl(fd_.get(), F_SETLEASE, F_RDLCK) < 0) return errno == EAGAIN;
  (void)::fcntl(fd_.get(), F_SETLEASE, F_UNLCK);
  return false;
}

Result<FileFacts> FileReader::facts() const {
  struct stat found;
  if (::fstat(fd_.get(), &found) < 0) return path_failure("look at", path_);
  return facts_of(found);
}

}  // namespace sys
