#include "tests/fakes/fake_mounts.h"

#include <algorithm>
#include <cerrno>

#include "sys/path.h"
#include "sys/text.h"

namespace fakes {

sys::Status FakeMounts::mount(const sys::MountSpec& spec) {
  const std::string what = sys::cat("mount ", spec.source, " on ", spec.target);
  if (auto status = faults_.check(what); !status) return status;
  if (refusal_ != 0) return sys::failure(refusal_, what);
  mounts_.push_back(spec);
  return {};
}

sys::Status FakeMounts::unmount(const std::string& target, bool lazy) {
  const std::string what = sys::cat(lazy ? "detach " : "unmount ", target);
  if (auto status = faults_.check(what); !status) return status;
  const auto newest = std::find_if(mounts_.rbegin(), mounts_.rend(),
                                   [&](const sys::MountSpec& mount) { return mount.target == target; });
  if (newest == mounts_.rend()) return sys::failure(EINVAL, what);
  mounts_.erase(std::next(newest).base());
  return {};
}

sys::Result<bool> FakeMounts::mounted(const std::string& target) {
  if (auto status = faults_.check(sys::cat("look for a mount on ", target)); !status) {
    return tl::unexpected(status.error());
  }
  return std::any_of(mounts_.begin(), mounts_.end(),
                     [&](const sys::MountSpec& mount) { return mount.target == target; });
}

sys::Result<std::optional<sys::MountFound>> FakeMounts::find(const sys::MountSpec& spec) {
  if (auto status = faults_.check(sys::cat("look for a mount on ", spec.target)); !status) {
    return tl::unexpected(status.error());
  }
  const auto there = std::find_if(mounts_.rbegin(), mounts_.rend(),
                                  [&](const sys::MountSpec& mount) { return mount.target == spec.target; });
  if (there == mounts_.rend()) return std::nullopt;
  const bool as_wanted = there->source == spec.source && there->type == spec.type;
  return sys::MountFound{as_wanted, sys::cat(there->source, " (", there->type, ")")};
}

sys::Result<sys::FilesystemKind> FakeMounts::kind(const std::string& path) {
  if (auto status = faults_.check(sys::cat("find the file system of ", path)); !status) {
    return tl::unexpected(status.error());
  }
  auto nearest = kinds_.end();
  for (auto it = kinds_.begin(); it != kinds_.end(); ++it) {
    if (sys::is_within(path, it->first) && (nearest == kinds_.end() || it->first.size() > nearest->first.size())) {
      nearest = it;
    }
  }
  return nearest == kinds_.end() ? sys::FilesystemKind::other : nearest->second;
}

sys::Result<std::uint64_t> FakeMounts::memory_used(const std::string& path) {
  if (auto status = faults_.check(sys::cat("memory used by ", path)); !status) return tl::unexpected(status.error());
  return memory;
}

}  // namespace fakes
