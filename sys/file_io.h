// What the parts of KernelFiles share: opening with an error that names the path, and whole writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sys/files.h"
#include "sys/result.h"

struct stat;

namespace sys {

FileFacts facts_of(const struct stat& found);

// The error of the system call that has just failed (errno), as "OPERATION PATH".
tl::unexpected<Error> path_failure(std::string_view operation, const std::string& path);

// open(2), close-on-exec, never a controlling terminal.
Result<Fd> open_path(std::string_view operation, const std::string& path, int flags, std::uint32_t mode = 0);

Status write_whole(int fd, std::span<const std::byte> content, const std::string& path);

// A regular file under a temporary name beside `path`: invisible under its own name until publish(), gone
// without it.
class TemporaryFile {
 public:
  static Result<TemporaryFile> beside(const std::string& path);
  TemporaryFile(TemporaryFile&&) = default;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }  // that it is going to have
  Status set_owner(std::uint32_t uid, std::uint32_t gid);
  // Gives the file its mode and its name, in place of what had that name.
  Status publish(std::uint32_t mode);

 private:
  TemporaryFile(Fd fd, std::string temporary, std::string path);
  Fd fd_;  // invalid once published or moved from
  std::string temporary_;
  std::string path_;
};

}  // namespace sys
