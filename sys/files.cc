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
#include <cstdio>
#include <string_view>

#include "sys/file_io.h"
#include "sys/text.h"
#include "sys/umask_guard.h"

namespace sys {
namespace {

constexpr std::size_t piece_size = 64u << 10;
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

Status make_bare_directory(const std::string& path, std::uint32_t mode) {
  UmaskGuard guard(0);
  if (::mkdir(path.c_str(), mode) < 0) return path_failure("make directory", path);
  return {};
}

// The next piece of `fd` appended to `content`; false at the end.
Result<bool> read_piece(int fd, const std::string& path, std::string& content) {
  std::array<char, 4096> piece;
  ssize_t size = ::read(fd, piece.data(), piece.size());
  if (size < 0 && errno == EINTR) return true;
  if (size < 0) return path_failure("read", path);
  content.append(piece.data(), static_cast<std::size_t>(size));
  return size > 0;
}

// From where both descriptors stand to the end of `from`.
Status copy_content(int from, const std::string& source, const TemporaryFile& to) {
  // Inside the kernel as far as it goes: it refuses some pairs of file systems and calls some files of /proc
  // empty. Whatever made it stop is met again, and reported, below.
  while (::copy_file_range(from, nullptr, to.fd(), nullptr, 1u << 30, 0) > 0) {
  }
  std::vector<std::byte> piece(piece_size);
  for (;;) {
    ssize_t size = ::read(from, piece.data(), piece.size());
    if (size == 0) return {};
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return path_failure("read", source);
    auto written = write_whole(to.fd(), {piece.data(), static_cast<std::size_t>(size)}, to.path());
    if (!written) return written;
  }
}

class KernelFileSink final : public FileSink {
 public:
  KernelFileSink(TemporaryFile file, std::uint32_t mode) : file_(std::move(file)), mode_(mode) {}
  Status append(std::span<const std::byte> piece) override { return write_whole(file_.fd(), piece, file_.path()); }
  Status finish() override { return file_.publish(mode_); }

 private:
  TemporaryFile file_;
  std::uint32_t mode_;
};

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
      .device_major = major(found.st_rdev),
      .device_minor = minor(found.st_rdev),
  };
}

Result<std::unique_ptr<FileSink>> KernelFiles::create(const std::string& path, std::uint32_t mode) {
  auto file = TemporaryFile::beside(path);
  if (!file) return tl::unexpected(file.error());
  return std::make_unique<KernelFileSink>(std::move(*file), mode);
}

Result<std::optional<FileFacts>> KernelFiles::facts(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return facts_of(found);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  return path_failure("look at", path);
}

Result<std::string> KernelFiles::read(const std::string& path, std::size_t limit) {
  auto fd = open_path("open", path, O_RDONLY);
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

Result<std::string> KernelFiles::read_link(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return path_failure("read link", path);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<std::vector<std::string>> KernelFiles::list(const std::string& path) {
  auto fd = open_path("list", path, O_RDONLY | O_DIRECTORY);
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

Status KernelFiles::replace(const std::string& path, std::span<const std::byte> content, Ownership owner) {
  auto file = TemporaryFile::beside(path);
  if (!file) return tl::unexpected(file.error());
  return write_whole(file->fd(), content, path)
      .and_then([&] { return file->set_owner(owner.uid, owner.gid); })
      .and_then([&] { return file->publish(owner.mode); });
}

Status KernelFiles::copy(const std::string& from, const std::string& to, Ownership owner) {
  // Non-blocking, so that opening what turns out to be a fifo does not wait for its other end.
  auto source = open_path("open", from, O_RDONLY | O_NONBLOCK);
  if (!source) return tl::unexpected(source.error());
  struct stat found {};
  if (::fstat(source->get(), &found) < 0) return path_failure("look at", from);
  if (!S_ISREG(found.st_mode)) return refusal(cat("copy ", from, " to ", to, ": not a regular file"));

  auto file = TemporaryFile::beside(to);
  if (!file) return tl::unexpected(file.error());
  return copy_content(source->get(), from, *file)
      .and_then([&] { return file->set_owner(owner.uid, owner.gid); })
      .and_then([&] { return file->publish(owner.mode); });
}

Status KernelFiles::write(const std::string& path, std::string_view content) {
  auto fd = open_path("open", path, O_WRONLY | O_TRUNC);
  if (!fd) return tl::unexpected(fd.error());
  return write_whole(fd->get(), std::as_bytes(std::span(content)), path);
}

Status KernelFiles::make_directory(const std::string& path, Ownership owner) {
  // mkdir(2) ignores set-id bits, and nobody is to enter before owner and mode are right.
  auto made = make_bare_directory(path, 0700);
  if (!made) return made;
  auto fd = open_path("open", path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return tl::unexpected(fd.error());
  if (::fchown(fd->get(), owner.uid, owner.gid) < 0) return path_failure("set the owner of", path);
  if (::fchmod(fd->get(), owner.mode) < 0) return path_failure("set the mode of", path);
  return {};
}

Status KernelFiles::make_directories(const std::string& path) {
  std::size_t end = 0;
  while (end < path.size()) {
    end = std::min(path.find('/', end + 1), path.size());
    std::string above = path.substr(0, end);
    struct stat found {};
    if (::stat(above.c_str(), &found) == 0) {
      if (S_ISDIR(found.st_mode)) continue;
      return failure(ENOTDIR, cat("make directory ", path, ": ", above, " is in the way"));
    }
    auto made = make_bare_directory(above, 0755);
    // Somebody else may just have made it.
    if (!made && made.error().code != EEXIST) return made;
  }
  return {};
}

Status KernelFiles::make_device(const std::string& path, FileKind kind, std::uint32_t major_number,
                                std::uint32_t minor_number, Ownership owner) {
  UmaskGuard guard(0);
  mode_t type = kind == FileKind::block_device ? S_IFBLK : S_IFCHR;
  if (::mknod(path.c_str(), type | (owner.mode & permission_bits), makedev(major_number, minor_number)) < 0) {
    return path_failure("make device", path);
  }
  if (::lchown(path.c_str(), owner.uid, owner.gid) < 0) return path_failure("set the owner of", path);
  return {};
}

Status KernelFiles::make_link(const std::string& target, const std::string& path) {
  if (::symlink(target.c_str(), path.c_str()) < 0) return path_failure("make link", path);
  return {};
}

Status KernelFiles::hard_link(const std::string& existing, const std::string& path) {
  if (::link(existing.c_str(), path.c_str()) < 0) return path_failure(cat("link ", existing, " as"), path);
  return {};
}

Status KernelFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) return path_failure(cat("rename ", from, " to"), to);
  return {};
}

Status KernelFiles::set_owner(const std::string& path, Ownership owner) {
  auto found = facts(path);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return failure(ENOENT, cat("set the owner of ", path));
  // Owner first: changing it clears set-id bits.
  if (::lchown(path.c_str(), owner.uid, owner.gid) < 0) return path_failure("set the owner of", path);
  if ((*found)->kind == FileKind::link) return {};  // has no mode of its own
  if (::fchmodat(AT_FDCWD, path.c_str(), owner.mode, AT_SYMLINK_NOFOLLOW) < 0) {
    return path_failure("set the mode of", path);
  }
  return {};
}

Status KernelFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  if (errno == EISDIR && ::rmdir(path.c_str()) == 0) return {};
  return path_failure("remove", path);
}

}  // namespace sys
