// What the parts of KernelFiles share: opening with an error that names the path, and whole writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sys/files.h"
#include "sys/result.h"
#include "sys/safe_path.h"

struct stat;

namespace sys {

FileFacts facts_of(const struct stat& found);

// What is at the place; nothing when there is nothing, or no such directory. `flags` are fstatat(2)'s.
Result<std::optional<FileFacts>> look_at(const Result<Place>& place, const std::string& path, int flags);

// The error of the system call that has just failed (errno), as "OPERATION PATH".
tl::unexpected<Error> path_failure(std::string_view operation, const std::string& path);

// open(2), close-on-exec, never a controlling terminal.
Result<Fd> open_path(std::string_view operation, const std::string& path, int flags, std::uint32_t mode = 0);

Status write_whole(int fd, std::span<const std::byte> content, const std::string& path);

// A regular file that is being written, and is invisible until publish(). It has no name at all where the file system
// has such files (O_TMPFILE), so that nothing is left of it when its writer is killed; else a random temporary one
// beside the place.
class TemporaryFile {
 public:
  // `path`: that `place` was made of, for errors.
  static Result<TemporaryFile> at(Place place, const std::string& path);
  TemporaryFile(TemporaryFile&&) = default;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }  // that it is going to have
  Status set_owner(std::uint32_t uid, std::uint32_t gid);
  // Gives the file its mode and its name, in one step in place of what had that name.
  Status publish(std::uint32_t mode);

 private:
  TemporaryFile(Fd fd, Place place, std::string temporary, std::string path);
  Status name_it();
  Fd fd_;  // invalid once published or moved from
  Place place_;
  std::string temporary_;  // as Place::name; empty: it has no name
  std::string path_;
};

}  // namespace sys
