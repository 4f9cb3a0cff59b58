#include "sys/mounts.h"

#include <doctest/doctest.h>
#include <sys/mount.h>

#include <cerrno>

#include "sys/files.h"
#include "tests/unit/in_namespace.h"
#include "tests/unit/temporary_directory.h"

namespace {

unsigned long flags_of(std::string_view options) { return sys::parse_mount_options(options).flags; }
std::string data_of(std::string_view options) { return sys::parse_mount_options(options).data; }

// A mount namespace from which nothing gets out.
void check_in_mount_namespace(const std::function<std::string()>& body) {
  fakes::check_in_namespace(CLONE_NEWNS, [&]() -> std::string {
    sys::KernelMounts mounts;
    EXPECT(mounts.mount({.target = "/", .options = "rprivate"}));
    return body();
  });
}

}  // namespace

TEST_CASE("mounts: words become flags, the rest is data") {
  CHECK(flags_of("") == 0);
  CHECK(flags_of("ro,nosuid,nodev,noexec") == (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));
  CHECK(flags_of("rbind,rprivate") == (MS_BIND | MS_REC | MS_PRIVATE));
  CHECK(flags_of("remount,sync,relatime") == (MS_REMOUNT | MS_SYNCHRONOUS | MS_RELATIME));
  CHECK(data_of("size=64m,ro,mode=1777") == "size=64m,mode=1777");
  CHECK(data_of("ro,,nosuid,") == "");
  CHECK(data_of("rootless,ro2") == "rootless,ro2");
}

TEST_CASE("mounts: the last word of two opposite ones counts") {
  CHECK(flags_of("ro,rw") == 0);
  CHECK(flags_of("rw,ro") == MS_RDONLY);
  CHECK(flags_of("noatime,relatime") == MS_RELATIME);
  CHECK(flags_of("nosuid,nodev,suid") == MS_NODEV);
}

TEST_CASE("mounts: words for tools in user space reach nobody") {
  CHECK(flags_of("defaults,auto,nofail,_netdev") == 0);
  CHECK(data_of("defaults,auto,noauto,nofail,_netdev,vers=4.2") == "vers=4.2");
}

TEST_CASE("mounts: which calls a mount takes") {
  using Calls = std::vector<sys::MountOptions>;
  const auto equal = [](const Calls& a, const Calls& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
      return one.flags == other.flags && one.data == other.data;
    });
  };
  CHECK(equal(sys::mount_calls({.type = "tmpfs", .options = "ro,size=1m"}), {{MS_RDONLY, "size=1m"}}));
  CHECK(equal(sys::mount_calls({.type = "bind"}), {{MS_BIND, ""}}));
  CHECK(equal(sys::mount_calls({.type = "bind", .options = "ro,nosuid"}),
              {{MS_BIND, ""}, {MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID, ""}}));
  CHECK(equal(sys::mount_calls({.options = "rbind,slave"}), {{MS_BIND | MS_REC, ""}, {MS_SLAVE | MS_REC, ""}}));
  CHECK(equal(sys::mount_calls({.options = "remount,bind,ro"}), {{MS_REMOUNT | MS_BIND | MS_RDONLY, ""}}));
  CHECK(equal(sys::mount_calls({.options = "rprivate"}), {{MS_PRIVATE | MS_REC, ""}}));
  CHECK(equal(sys::mount_calls({.type = "tmpfs", .options = "shared"}), {{0, ""}, {MS_SHARED, ""}}));
  CHECK(sys::mount_calls({.source = "/a", .target = "/b"}).empty());
}

TEST_CASE("mounts: a tmpfs is mounted, found and unmounted") {
  fakes::TemporaryDirectory directory;
  check_in_mount_namespace([&]() -> std::string {
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    const std::string target = directory / "with space\\and\ttab";
    EXPECT(files.make_directories(target));
    EXPECT(!*mounts.mounted(target));
    EXPECT(mounts.mount({.source = "none", .target = target, .type = "tmpfs", .options = "size=1m,mode=0711"}));
    EXPECT(*mounts.mounted(target));
    EXPECT(*mounts.mounted(target + "/"));
    EXPECT(!*mounts.mounted(target + "/below"));
    EXPECT((*files.facts(target))->mode == 0711);
    EXPECT(*mounts.kind(target) == sys::FilesystemKind::memory);
    EXPECT(*mounts.kind("/proc") == sys::FilesystemKind::other);
    EXPECT(mounts.unmount(target, false));
    EXPECT(!*mounts.mounted(target));
    EXPECT(mounts.unmount(target, false).error().code == EINVAL);
    return "";
  });
}

TEST_CASE("mounts: a busy file system is let go lazily") {
  fakes::TemporaryDirectory directory;
  check_in_mount_namespace([&]() -> std::string {
    sys::KernelMounts mounts;
    EXPECT(mounts.mount({.source = "none", .target = directory.path(), .type = "tmpfs"}));
    EXPECT(::chdir(directory.path().c_str()) == 0);
    EXPECT(mounts.unmount(directory.path(), false).error().code == EBUSY);
    EXPECT(mounts.unmount(directory.path(), true));
    EXPECT(!*mounts.mounted(directory.path()));
    return "";
  });
}

TEST_CASE("mounts: a bind mount is read-only where it is asked to be, and there only") {
  fakes::TemporaryDirectory directory;
  check_in_mount_namespace([&]() -> std::string {
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    const std::string from = directory / "from", to = directory / "to";
    EXPECT(files.make_directories(from));
    EXPECT(files.make_directories(to));
    EXPECT(mounts.mount({.source = from, .target = to, .type = "bind", .options = "ro"}));
    EXPECT(files.replace(to + "/file", {}, {}).error().code == EROFS);
    EXPECT(files.replace(from + "/file", {}, {}));
    EXPECT(files.facts(to + "/file")->has_value());
    return "";
  });
}

TEST_CASE("mounts: a failure says what was to be mounted where, and what may help") {
  sys::KernelMounts mounts;
  const auto unknown = mounts.mount({.source = "x", .target = "/", .type = "no-such-fs"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ENODEV);
  CHECK(unknown.error().what.find("mount x on /, type no-such-fs") == 0);
  CHECK(unknown.error().what.find("is its module loaded?") != std::string::npos);
  CHECK(mounts.mount({.source = "none", .target = "/nonexistent", .type = "tmpfs"}).error().code == ENOENT);
  const auto nothing = mounts.mount({.source = "/a", .target = "/b"});
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().what.find("neither a type nor bind") != std::string::npos);
}
