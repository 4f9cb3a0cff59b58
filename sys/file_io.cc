#include "sys/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "sys/machine.h"
#include "sys/text.h"

namespace sys {

tl::unexpected<Error> path_failure(std::string_view operation, const std::string& path) {
  int code = errno;
  return failure(code, cat(operation, " ", path));
}

Result<Fd> open_path(std::string_view operation, const std::string& path, int flags, std::uint32_t mode) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode);
  if (fd < 0) return path_failure(operation, path);
  return Fd(fd);
}

Status write_whole(int fd, std::span<const std::byte> content, const std::string& path) {
  while (!content.empty()) {
    ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return path_failure("write", path);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

TemporaryFile::TemporaryFile(Fd fd, std::string temporary, std::string path)
    : fd_(std::move(fd)), temporary_(std::move(temporary)), path_(std::move(path)) {}

TemporaryFile::~TemporaryFile() {
  if (fd_.valid()) ::unlink(temporary_.c_str());
}

Result<TemporaryFile> TemporaryFile::beside(const std::string& path) {
  // Random, not counted: workers that are forks of this process write at the same time.
  char suffix[24];
  std::snprintf(suffix, sizeof suffix, ".new-%016llx", static_cast<unsigned long long>(KernelMachine().random()));
  std::string temporary = path.substr(0, path.rfind('/') + 1) + suffix;
  auto fd = open_path("create", temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!fd) return failure(fd.error().code, cat("create ", path));
  return TemporaryFile(std::move(*fd), std::move(temporary), path);
}

Status TemporaryFile::set_owner(std::uint32_t uid, std::uint32_t gid) {
  if (::fchown(fd(), uid, gid) < 0) return path_failure("set the owner of", path_);
  return {};
}

Status TemporaryFile::publish(std::uint32_t mode) {
  if (::fchmod(fd(), mode) < 0) return path_failure("set the mode of", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) < 0) return path_failure("put in place", path_);
  // Network file systems tell of lost writes here.
  if (::close(fd_.release()) < 0) return path_failure("close", path_);
  return {};
}

}  // namespace sys
