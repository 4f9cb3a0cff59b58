#include "sys/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>

#include "sys/file_io.h"
#include "sys/text.h"

namespace sys {
namespace {

constexpr std::uint32_t permission_bits = 07777;

FileKind kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileKind::regular;
    case S_IFDIR:
      return FileKind::directory;
    case S_IFLNK:
      return FileKind::link;
    case S_IFCHR:
      return FileKind::character_device;
    case S_IFBLK:
      return FileKind::block_device;
    default:
      return FileKind::other;
  }
}

// The next piece of `fd` appended to `content`; false at the end.
Result<bool> read_piece(int fd, const std::string& path, std::string& content) {
  std::array<char, 4096> piece;
  ssize_t size = ::read(fd, piece.data(), piece.size());
  if (size < 0 && errno == EINTR) return true;
  if (size < 0) return path_failure("read", path);
  content.append(piece.data(), static_cast<std::size_t>(size));
  // It may be a key, of which the caller can wipe no more than `content`.
  ::explicit_bzero(piece.data(), static_cast<std::size_t>(size));
  return size > 0;
}

// Open for reading; a fifo or device, swapped in by a user perhaps, is refused at once: reading one may take for ever.
Result<Fd> open_content(const SafePaths& paths, const std::string& path) {
  auto fd = paths.open("open", path, O_RDONLY | O_NONBLOCK);
  if (!fd) return fd;
  struct stat found {};
  if (::fstat(fd->get(), &found) < 0) return path_failure("look at", path);
  if (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)) return fd;  // read(2) has a reason of its own for a directory
  return refusal(cat("read ", path, ": not a regular file"));
}

bool is_absence(int code) { return code == ENOENT || code == ENOTDIR; }

}  // namespace

FileFacts facts_of(const struct stat& found) {
  return {
      .kind = kind_of(found.st_mode),
      .mode = found.st_mode & permission_bits,
      .uid = found.st_uid,
      .gid = found.st_gid,
      .size = static_cast<std::uint64_t>(found.st_size),
      .filesystem = found.st_dev,
      .inode = found.st_ino,
      .modified_ns = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec,
      .changed_ns = static_cast<std::int64_t>(found.st_ctim.tv_sec) * 1'000'000'000 + found.st_ctim.tv_nsec,
      .device_major = major(found.st_rdev),
      .device_minor = minor(found.st_rdev),
      .links = found.st_nlink,
  };
}

Result<std::optional<FileFacts>> look_at(const Result<Place>& place, const std::string& path, int flags) {
  if (!place && is_absence(place.error().code)) return std::nullopt;
  if (!place) return tl::unexpected(place.error());
  struct stat found {};
  if (::fstatat(place->at(), place->name.c_str(), &found, flags) == 0) return facts_of(found);
  if (is_absence(errno)) return std::nullopt;
  return path_failure("look at", path);
}

Result<std::optional<FileFacts>> KernelFiles::facts(const std::string& path) {
  return look_at(paths_.locate("look at", path), path, AT_SYMLINK_NOFOLLOW);
}

Result<std::optional<FileFacts>> KernelFiles::facts_through(const std::string& path) {
  const auto target = paths_.locate_target("look at", path);
  // No link is left there, unless the kernel is to follow them all.
  const bool kernel_follows = target && !target->directory.valid();
  return look_at(target, path, kernel_follows ? 0 : AT_SYMLINK_NOFOLLOW);
}

Result<std::string> KernelFiles::read(const std::string& path, std::size_t limit) {
  auto fd = open_content(paths_, path);
  if (!fd) return tl::unexpected(fd.error());
  std::string content;
  // Until the end: the sizes that /proc states mean nothing.
  for (;;) {
    auto more = read_piece(fd->get(), path, content);
    if (!more) return tl::unexpected(more.error());
    if (content.size() > limit) return failure(EFBIG, cat("read ", path, ": longer than ", limit, " bytes"));
    if (!*more) return content;
  }
}

Status KernelFiles::read_pieces(const std::string& path, const std::function<void(std::span<const std::byte>)>& take) {
  auto fd = open_content(paths_, path);
  if (!fd) return tl::unexpected(fd.error());
  std::vector<std::byte> piece(256u << 10);
  for (;;) {
    const ssize_t size = ::read(fd->get(), piece.data(), piece.size());
    if (size == 0) return {};
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return path_failure("read", path);
    take({piece.data(), static_cast<std::size_t>(size)});
  }
}

Result<std::string> KernelFiles::read_link(const std::string& path) {
  const auto place = paths_.locate("read link", path);
  if (!place) return tl::unexpected(place.error());
  std::string target(PATH_MAX, '\0');
  ssize_t size = ::readlinkat(place->at(), place->name.c_str(), target.data(), target.size());
  if (size < 0) return path_failure("read link", path);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<std::vector<std::string>> KernelFiles::list(const std::string& path) {
  auto fd = paths_.open("list", path, O_RDONLY | O_DIRECTORY);
  if (!fd) return tl::unexpected(fd.error());
  std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd->get()), ::closedir);
  if (!directory) return path_failure("list", path);
  fd->release();

  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return path_failure("list", path);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sys
