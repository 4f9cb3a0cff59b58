// mount(2) and umount2(2), with options as people write them. Targets, and the sources of bind mounts, are found past
// links that others than root have planted (sys/safe_path.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace sys {

struct MountSpec {
  std::string source;   // "proc", "10.9.0.1:/home"; may be empty
  std::string target;   // existing, absolute; a link of root's is followed
  std::string type;     // "proc", "nfs", ...; "bind" makes a bind mount of source
  std::string options;  // "ro,nosuid,size=64m": flag words become flags, the rest is the file system's data
};

// What stands already where something is to be mounted.
struct MountFound {
  bool as_wanted = false;  // of the same type, from the same source (sys/mount_table.h)
  std::string what;        // "10.9.0.1:/home (nfs4)": for messages
};

enum class FilesystemKind { memory, other };  // memory: ramfs, tmpfs (statfs(2) magic)

class Mounts {
 public:
  virtual ~Mounts() = default;
  // May block without limit on a network file system: call it in a worker.
  virtual Status mount(const MountSpec& spec) = 0;
  // lazy: detach now, let go when the last user is gone (MNT_DETACH).
  virtual Status unmount(const std::string& target, bool lazy) = 0;
  // True when a file system is mounted exactly at `target` (from /proc/self/mountinfo).
  virtual Result<bool> mounted(const std::string& target) = 0;
  // What is mounted at `spec.target`, the uppermost where there are several; nothing too when `spec` is to change what
  // is there (remount, propagation). Asks the kernel's table first and looks at the directories on the way to the
  // target only where that does not tell: with a dead server among them this may block.
  virtual Result<std::optional<MountFound>> find(const MountSpec& spec) = 0;
  virtual Result<FilesystemKind> kind(const std::string& path) = 0;
  // Bytes of memory that the files of the tmpfs at `path` take (statfs(2)); 0 for any other file system. May block.
  virtual Result<std::uint64_t> memory_used(const std::string& path) = 0;
};

class KernelMounts final : public Mounts {
 public:
  Status mount(const MountSpec& spec) override;
  Status unmount(const std::string& target, bool lazy) override;
  Result<bool> mounted(const std::string& target) override;
  Result<std::optional<MountFound>> find(const MountSpec& spec) override;
  Result<FilesystemKind> kind(const std::string& path) override;
  Result<std::uint64_t> memory_used(const std::string& path) override;
};

// Splits options into mount(2) flags and file system data. Pure.
struct MountOptions {
  unsigned long flags = 0;
  std::string data;
};
MountOptions parse_mount_options(std::string_view options);

// Whether a directory or file that is there is made to appear at the target as well. Pure.
bool is_bind(const MountSpec& spec);

// The mount(2) calls that carry out `spec`, in order: a bind mount takes ro and its kin in a second call only,
// and propagation (private, slave, shared) always takes one of its own. Pure.
std::vector<MountOptions> mount_calls(const MountSpec& spec);

}  // namespace sys
