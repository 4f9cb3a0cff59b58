// The file system as the rest of the program sees it: whole small files and the calls that setup needs.
// Every path is absolute, and no link that others than root have planted is followed on its way, whatever is done
// there (sys/safe_path.h); the last component is followed by read(), list() and facts_through() only, in the same way.
// Calls may block (network file systems): PID 1 calls them only for the kernel's own
// file systems and its root in memory; everything else happens in workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"
#include "sys/safe_path.h"

namespace sys {

enum class FileKind { regular, directory, link, character_device, block_device, other };

struct FileFacts {
  FileKind kind = FileKind::other;
  std::uint32_t mode = 0;  // permission bits only
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;        // bytes
  std::uint64_t filesystem = 0;  // st_dev
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;    // since the epoch
  std::int64_t changed_ns = 0;     // likewise: its last change of any kind, st_ctim
  std::uint32_t device_major = 0;  // of a device node
  std::uint32_t device_minor = 0;
  std::uint64_t links = 1;  // names that it has (st_nlink)
};

struct Ownership {
  std::uint32_t uid = 0;  // uid and gid: ~0 is as it is, as with chown(2)
  std::uint32_t gid = 0;
  std::uint32_t mode = 0644;  // permission bits, set-id bits included
};

// A file that is being written, piece by piece, under a temporary name.
class FileSink {
 public:
  virtual ~FileSink() = default;  // without finish(): what was written is removed
  virtual Status append(std::span<const std::byte> piece) = 0;
  virtual Status finish() = 0;  // gives it its name, in one step
};

class Files {
 public:
  virtual ~Files() = default;

  // Starts a regular file that appears at `path`, with `mode`, once it is finished.
  virtual Result<std::unique_ptr<FileSink>> create(const std::string& path, std::uint32_t mode) = 0;

  // What is at `path`, itself if it is a link; nothing when there is nothing there.
  virtual Result<std::optional<FileFacts>> facts(const std::string& path) = 0;
  // As facts(), but what a link there leads to.
  virtual Result<std::optional<FileFacts>> facts_through(const std::string& path) = 0;
  // The whole content; refused above `limit` bytes. Works for /proc files; waits for no fifo and no device.
  virtual Result<std::string> read(const std::string& path, std::size_t limit) = 0;
  // The whole content of a regular file of any size, piece by piece, each at most 256 KiB.
  virtual Status read_pieces(const std::string& path, const std::function<void(std::span<const std::byte>)>& take) = 0;
  // The target of a symbolic link.
  virtual Result<std::string> read_link(const std::string& path) = 0;
  // Names in a directory, without . and .., sorted.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;

  // Creates or replaces a regular file in one step (written beside the target, then renamed).
  virtual Status replace(const std::string& path, std::span<const std::byte> content, Ownership owner) = 0;
  // As replace(), with the content of another file.
  virtual Status copy(const std::string& from, const std::string& to, Ownership owner) = 0;
  // Writes to an existing file as it is: /proc/sys and the like.
  virtual Status write(const std::string& path, std::string_view content) = 0;

  virtual Status make_directory(const std::string& path, Ownership owner) = 0;  // EEXIST is an error
  // Makes `path` and what is missing above it, mode 0755; existing directories are left as they are.
  virtual Status make_directories(const std::string& path) = 0;
  virtual Status make_device(const std::string& path, FileKind kind, std::uint32_t major, std::uint32_t minor,
                             Ownership owner) = 0;
  virtual Status make_link(const std::string& target, const std::string& path) = 0;  // symbolic
  virtual Status hard_link(const std::string& existing, const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // Refused for anything but a directory that has other names as well (hard links): whose they are nobody knows.
  virtual Status set_owner(const std::string& path, Ownership owner) = 0;
  // utimensat(2): when it was last modified, and accessed; a link itself.
  virtual Status set_modified(const std::string& path, std::int64_t since_epoch_ns) = 0;
  virtual Status remove(const std::string& path) = 0;  // one file, link or empty directory
};

// The real one.
class KernelFiles final : public Files {
 public:
  // `links`: which are followed; LinkTrust::all is for the front end's files, and takes relative paths.
  explicit KernelFiles(LinkTrust links = LinkTrust::of_root) : paths_(links) {}

  Result<std::unique_ptr<FileSink>> create(const std::string& path, std::uint32_t mode) override;
  Result<std::optional<FileFacts>> facts(const std::string& path) override;
  Result<std::optional<FileFacts>> facts_through(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::size_t limit) override;
  Status read_pieces(const std::string& path, const std::function<void(std::span<const std::byte>)>& take) override;
  Result<std::string> read_link(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Status replace(const std::string& path, std::span<const std::byte> content, Ownership owner) override;
  Status copy(const std::string& from, const std::string& to, Ownership owner) override;
  Status write(const std::string& path, std::string_view content) override;
  Status make_directory(const std::string& path, Ownership owner) override;
  Status make_directories(const std::string& path) override;
  Status make_device(const std::string& path, FileKind kind, std::uint32_t major, std::uint32_t minor,
                     Ownership owner) override;
  Status make_link(const std::string& target, const std::string& path) override;
  Status hard_link(const std::string& existing, const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status set_owner(const std::string& path, Ownership owner) override;
  Status set_modified(const std::string& path, std::int64_t since_epoch_ns) override;
  Status remove(const std::string& path) override;

 private:
  SafePaths paths_;
};

}  // namespace sys
