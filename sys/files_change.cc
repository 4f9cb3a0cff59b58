// What KernelFiles changes. Nothing here uses a path twice: it is turned into a Place, and what is done is done there.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sys/file_io.h"
#include "sys/files.h"
#include "sys/text.h"
#include "sys/umask_guard.h"

namespace sys {
namespace {

constexpr std::size_t piece_size = 64u << 10;
constexpr std::uint32_t permission_bits = 07777;

Status make_bare_directory(const Place& place, const std::string& path, std::uint32_t mode) {
  UmaskGuard guard(0);
  if (::mkdirat(place.at(), place.name.c_str(), mode) < 0) return path_failure("make directory", path);
  return {};
}

Result<TemporaryFile> make_temporary(const SafePaths& paths, const std::string& path) {
  auto place = paths.locate("create", path);
  if (!place) return tl::unexpected(place.error());
  return TemporaryFile::at(*std::move(place), path);
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

// What has just been made must be what is found: whoever may write to the directory can have put something else there.
Result<Fd> open_made(const Place& place, const std::string& path, int flags, struct stat& found) {
  Fd fd(::openat(place.at(), place.name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid() || ::fstat(fd.get(), &found) < 0) return path_failure("find what was just made at", path);
  if (found.st_uid == ::geteuid()) return fd;
  return refusal(cat("make ", path, ": uid ", found.st_uid, " has put something else there meanwhile"));
}

// chmod(2) of what is open, with O_PATH as well.
Status set_mode(const Fd& fd, const std::string& path, std::uint32_t mode) {
  if (::chmod(cat("/proc/self/fd/", fd.get()).c_str(), mode) < 0) return path_failure("set the mode of", path);
  return {};
}

}  // namespace

Result<std::unique_ptr<FileSink>> KernelFiles::create(const std::string& path, std::uint32_t mode) {
  auto file = make_temporary(paths_, path);
  if (!file) return tl::unexpected(file.error());
  return std::make_unique<KernelFileSink>(std::move(*file), mode);
}

Status KernelFiles::replace(const std::string& path, std::span<const std::byte> content, Ownership owner) {
  auto file = make_temporary(paths_, path);
  if (!file) return tl::unexpected(file.error());
  return write_whole(file->fd(), content, path)
      .and_then([&] { return file->set_owner(owner.uid, owner.gid); })
      .and_then([&] { return file->publish(owner.mode); });
}

Status KernelFiles::copy(const std::string& from, const std::string& to, Ownership owner) {
  // Non-blocking, so that opening what turns out to be a fifo does not wait for its other end.
  auto source = paths_.open("open", from, O_RDONLY | O_NONBLOCK);
  if (!source) return tl::unexpected(source.error());
  struct stat found {};
  if (::fstat(source->get(), &found) < 0) return path_failure("look at", from);
  if (!S_ISREG(found.st_mode)) return refusal(cat("copy ", from, " to ", to, ": not a regular file"));

  auto file = make_temporary(paths_, to);
  if (!file) return tl::unexpected(file.error());
  return copy_content(source->get(), from, *file)
      .and_then([&] { return file->set_owner(owner.uid, owner.gid); })
      .and_then([&] { return file->publish(owner.mode); });
}

Status KernelFiles::write(const std::string& path, std::string_view content) {
  const auto place = paths_.locate("open", path);
  if (!place) return tl::unexpected(place.error());
  const int flags = O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
  const Fd fd(::openat(place->at(), place->name.c_str(), flags));
  if (!fd.valid()) return path_failure("open", path);
  return write_whole(fd.get(), std::as_bytes(std::span(content)), path);
}

Status KernelFiles::make_directory(const std::string& path, Ownership owner) {
  const auto place = paths_.locate("make directory", path);
  if (!place) return tl::unexpected(place.error());
  // mkdir(2) ignores set-id bits, and nobody is to enter before owner and mode are right.
  if (auto made = make_bare_directory(*place, path, 0700); !made) return made;
  struct stat found {};
  const auto fd = open_made(*place, path, O_RDONLY | O_DIRECTORY, found);
  if (!fd) return tl::unexpected(fd.error());
  if (::fchown(fd->get(), owner.uid, owner.gid) < 0) return path_failure("set the owner of", path);
  if (::fchmod(fd->get(), owner.mode) < 0) return path_failure("set the mode of", path);
  return {};
}

Status KernelFiles::make_directories(const std::string& path) {
  const auto whole = facts_through(path);
  if (!whole) return tl::unexpected(whole.error());
  if (*whole && (*whole)->kind == FileKind::directory) return {};
  std::size_t end = 0;
  while (end < path.size()) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string above = path.substr(0, end);
    const auto there = facts_through(above);
    if (!there) return tl::unexpected(there.error());
    if (*there && (*there)->kind == FileKind::directory) continue;
    if (*there) return failure(ENOTDIR, cat("make directory ", path, ": ", above, " is in the way"));
    const auto place = paths_.locate("make directory", above);
    if (!place) return tl::unexpected(place.error());
    auto made = make_bare_directory(*place, above, 0755);
    // Somebody else may just have made it.
    if (!made && made.error().code != EEXIST) return made;
  }
  return {};
}

Status KernelFiles::make_device(const std::string& path, FileKind kind, std::uint32_t major_number,
                                std::uint32_t minor_number, Ownership owner) {
  const auto place = paths_.locate("make device", path);
  if (!place) return tl::unexpected(place.error());
  const mode_t type = kind == FileKind::block_device ? S_IFBLK : S_IFCHR;
  const dev_t number = makedev(major_number, minor_number);
  {
    UmaskGuard guard(0);
    if (::mknodat(place->at(), place->name.c_str(), type | (owner.mode & permission_bits), number) < 0) {
      return path_failure("make device", path);
    }
  }
  struct stat found {};
  const auto fd = open_made(*place, path, O_PATH, found);
  if (!fd) return tl::unexpected(fd.error());
  if ((found.st_mode & S_IFMT) != type || found.st_rdev != number || found.st_nlink != 1)
    return refusal(cat("make device ", path, ": something else was put there meanwhile"));
  if (::fchownat(fd->get(), "", owner.uid, owner.gid, AT_EMPTY_PATH) < 0) return path_failure("set the owner of", path);
  return {};
}

Status KernelFiles::make_link(const std::string& target, const std::string& path) {
  const auto place = paths_.locate("make link", path);
  if (!place) return tl::unexpected(place.error());
  if (::symlinkat(target.c_str(), place->at(), place->name.c_str()) < 0) return path_failure("make link", path);
  return {};
}

Status KernelFiles::hard_link(const std::string& existing, const std::string& path) {
  const std::string what = cat("link ", existing, " as");
  const auto from = paths_.locate("link", existing);
  if (!from) return tl::unexpected(from.error());
  const auto to = paths_.locate(what, path);
  if (!to) return tl::unexpected(to.error());
  if (::linkat(from->at(), from->name.c_str(), to->at(), to->name.c_str(), 0) < 0) return path_failure(what, path);
  return {};
}

Status KernelFiles::rename(const std::string& from, const std::string& to) {
  const std::string what = cat("rename ", from, " to");
  const auto source = paths_.locate("rename", from);
  if (!source) return tl::unexpected(source.error());
  const auto target = paths_.locate(what, to);
  if (!target) return tl::unexpected(target.error());
  if (::renameat(source->at(), source->name.c_str(), target->at(), target->name.c_str()) < 0)
    return path_failure(what, to);
  return {};
}

Status KernelFiles::set_owner(const std::string& path, Ownership owner) {
  const auto place = paths_.locate("set the owner of", path);
  if (!place) return tl::unexpected(place.error());
  const Fd fd(::openat(place->at(), place->name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (!fd.valid() || ::fstat(fd.get(), &found) < 0) return path_failure("set the owner of", path);
  if (!S_ISDIR(found.st_mode) && found.st_nlink > 1)
    return refusal(
        cat("set the owner of ", path, ": it has ", found.st_nlink, " names (hard links), it may be theirs"));
  // Owner first: changing it clears set-id bits.
  if (::fchownat(fd.get(), "", owner.uid, owner.gid, AT_EMPTY_PATH) < 0) return path_failure("set the owner of", path);
  if (S_ISLNK(found.st_mode)) return {};  // has no mode of its own
  return set_mode(fd, path, owner.mode);
}

Status KernelFiles::set_modified(const std::string& path, std::int64_t since_epoch_ns) {
  const auto place = paths_.locate("set the times of", path);
  if (!place) return tl::unexpected(place.error());
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t part = (since_epoch_ns % second + second) % second;
  const timespec when{static_cast<time_t>((since_epoch_ns - part) / second), static_cast<long>(part)};
  const timespec times[2] = {when, when};
  if (::utimensat(place->at(), place->name.c_str(), times, AT_SYMLINK_NOFOLLOW) < 0)
    return path_failure("set the times of", path);
  return {};
}

Status KernelFiles::remove(const std::string& path) {
  const auto place = paths_.locate("remove", path);
  if (!place) return tl::unexpected(place.error());
  if (::unlinkat(place->at(), place->name.c_str(), 0) == 0) return {};
  if (errno == EISDIR && ::unlinkat(place->at(), place->name.c_str(), AT_REMOVEDIR) == 0) return {};
  return path_failure("remove", path);
}

}  // namespace sys
