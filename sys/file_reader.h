// A regular file that is read in pieces, at any position. Opening never waits for anybody (a FIFO without a
// writer, say); reading may block on a network file system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sys/borrowed_rights.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/result.h"

namespace sys {

class FileReader {
 public:
  // Follows symbolic links, whoever has made them: for files of the front end. Anything but a regular file is refused.
  static Result<FileReader> open(const std::string& path);
  // Follows the links that `paths` follows.
  static Result<FileReader> open_at(const SafePaths& paths, const std::string& path);
  // With somebody else's rights, and only what is theirs to name: /proc/self/fd/3 and the like, which would be this
  // process's own, are refused (ELOOP) where the kernel can tell (5.6).
  static Result<FileReader> open_as(const FileRights& rights, const std::string& path);

  // Fills `into` from `offset` on; fewer bytes only where the file ends.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const;
  // Whether somebody has it open to write to it: then it is no program to be executed (ETXTBSY). False, too, where the kernel
  // does not tell: that is for root and the file's owner (fcntl(2), leases), and not of every file system.
  bool is_being_written() const;
  // Of the open file, whatever has its name meanwhile.
  Result<FileFacts> facts() const;

 private:
  static Result<FileReader> adopt(Fd fd, const std::string& path);
  FileReader(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::string path_;  // for errors
};

}  // namespace sys
