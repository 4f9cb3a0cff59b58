// Mounts in memory.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sys/mounts.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeMounts final : public sys::Mounts {
 public:
  explicit FakeMounts(Faults& faults) : faults_(faults) {}

  // Recorded as "mount SOURCE on TARGET".
  sys::Status mount(const sys::MountSpec& spec) override;
  sys::Status unmount(const std::string& target, bool lazy) override;
  sys::Result<bool> mounted(const std::string& target) override;
  sys::Result<std::optional<sys::MountFound>> find(const sys::MountSpec& spec) override;
  // Of the nearest path above it that set_kind() has named; `other` when there is none.
  sys::Result<sys::FilesystemKind> kind(const std::string& path) override;
  sys::Result<std::uint64_t> memory_used(const std::string& path) override;

  // From now on mounting fails with this errno.
  void refuse(int code) { refusal_ = code; }
  std::uint64_t memory = 0;  // that every tmpfs uses
  void set_kind(const std::string& path, sys::FilesystemKind kind) { kinds_[path] = kind; }
  // Those that are mounted now, in order.
  const std::vector<sys::MountSpec>& all() const { return mounts_; }

 private:
  Faults& faults_;
  int refusal_ = 0;  // 0: none
  std::vector<sys::MountSpec> mounts_;
  std::map<std::string, sys::FilesystemKind> kinds_;
};

}  // namespace fakes
