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

namespace {

// Random, not counted: other processes, and other nodes on a network file system, write at the same time.
std::string random_name() {
  char name[32];
  std::snprintf(name, sizeof name, ".nodeinit-new-%016llx", static_cast<unsigned long long>(KernelMachine().random()));
  return name;
}

bool has_no_unnamed_files(int code) { return code == EOPNOTSUPP || code == EISDIR || code == EINVAL; }

// Gives an unnamed file a name where there is none yet.
int link_unnamed(int fd, int directory, const std::string& name) {
  if (::linkat(fd, "", directory, name.c_str(), AT_EMPTY_PATH) == 0) return 0;
  if (errno != ENOENT) return -1;
  // Without the privilege to do so (CAP_DAC_READ_SEARCH) there is this other way.
  return ::linkat(AT_FDCWD, cat("/proc/self/fd/", fd).c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW);
}

}  // namespace

TemporaryFile::TemporaryFile(Fd fd, Place place, std::string temporary, std::string path)
    : fd_(std::move(fd)), place_(std::move(place)), temporary_(std::move(temporary)), path_(std::move(path)) {}

TemporaryFile::~TemporaryFile() {
  if (fd_.valid() && !temporary_.empty()) ::unlinkat(place_.at(), temporary_.c_str(), 0);
}

Result<TemporaryFile> TemporaryFile::at(Place place, const std::string& path) {
  Fd fd(::openat(place.at(), place.beside(".").c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (fd.valid()) return TemporaryFile(std::move(fd), std::move(place), "", path);
  if (!has_no_unnamed_files(errno)) return path_failure("create", path);
  std::string temporary = place.beside(random_name());
  fd = Fd(::openat(place.at(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return path_failure("create", path);
  return TemporaryFile(std::move(fd), std::move(place), std::move(temporary), path);
}

Status TemporaryFile::set_owner(std::uint32_t uid, std::uint32_t gid) {
  if (::fchown(fd(), uid, gid) < 0) return path_failure("set the owner of", path_);
  return {};
}

Status TemporaryFile::publish(std::uint32_t mode) {
  if (::fchmod(fd(), mode) < 0) return path_failure("set the mode of", path_);
  if (auto status = name_it(); !status) return status;
  // Network file systems tell of lost writes here.
  if (::close(fd_.release()) < 0) return path_failure("close", path_);
  return {};
}

// An unnamed file takes its name at once where that is free; else it goes over what is there by way of a name that it
// has for a moment only. That name is random as well: a file that loses its only name can never get another one, so
// that two writers at one path must not meet there.
Status TemporaryFile::name_it() {
  const int directory = place_.at();
  if (temporary_.empty()) {
    if (link_unnamed(fd(), directory, place_.name) == 0) return {};
    if (errno != EEXIST) return path_failure("put in place", path_);
    temporary_ = place_.beside(random_name());
    if (link_unnamed(fd(), directory, temporary_) < 0) return path_failure("put in place", path_);
  }
  if (::renameat(directory, temporary_.c_str(), directory, place_.name.c_str()) == 0) return {};
  return path_failure("put in place", path_);
}

}  // namespace sys
