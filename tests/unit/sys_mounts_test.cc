#include "sys/mounts.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sys/files.h"
#include "tests/unit/old_kernel.h"
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

TEST_CASE("mounts: nothing is mounted on or from where a user's link leads, nor unmounted there") {
  fakes::check_on_every_kernel(CLONE_NEWNS, []() -> std::string {
    const fakes::TemporaryDirectory directory;
    const std::string real = directory / "real", link = directory / "link", below = link + "/below";
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    EXPECT(mounts.mount({.target = "/", .options = "rprivate"}));
    EXPECT(files.make_directories(real + "/below"));
    EXPECT(::symlink("real", link.c_str()) == 0 && ::lchown(link.c_str(), 1000, 1000) == 0);
    EXPECT(mounts.mount({.source = "none", .target = real + "/below", .type = "tmpfs"}));

    const std::string why = link + " is a link that uid 1000 has made";
    for (const std::string& target : {link, below}) {
      const auto tmpfs = mounts.mount({.source = "none", .target = target, .type = "tmpfs"});
      EXPECT(!tmpfs && tmpfs.error().text() == sys::cat("mount none on ", target, ": ", why));
      const auto bound = mounts.mount({.source = target, .target = real, .type = "bind"});
      EXPECT(!bound && bound.error().text() == sys::cat("mount ", target, ": ", why));
    }
    const auto unmounted = mounts.unmount(below, false);
    EXPECT(!unmounted && unmounted.error().text() == sys::cat("unmount ", below, ": ", why));
    EXPECT(!*mounts.mounted(real));
    EXPECT(mounts.unmount(real + "/below", false));
    return "";
  });
}

TEST_CASE("mounts: who exchanges the target and a link in turn gets nothing mounted behind the link, nor from there") {
  fakes::check_on_every_kernel(CLONE_NEWNS, []() -> std::string {
    const fakes::TemporaryDirectory directory;
    const std::string secret = directory / "secret", way = directory / "way", link = directory / "link",
                      here = directory / "here";
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    EXPECT(mounts.mount({.target = "/", .options = "rprivate"}));
    EXPECT(files.make_directories(secret + "/below") && files.make_directories(way) && files.make_directories(here));
    EXPECT(::symlink("secret", link.c_str()) == 0 && ::lchown(link.c_str(), 1000, 1000) == 0);
    const pid_t attacker = ::fork();
    if (attacker == 0) {
      for (;;)
        ::syscall(SYS_renameat2, AT_FDCWD, way.c_str(), AT_FDCWD, link.c_str(), 2 /* RENAME_EXCHANGE */);
    }
    bool hit = false;
    for (int round = 0; round < 300 && !hit; ++round) {
      (void)mounts.mount({.source = "none", .target = way, .type = "tmpfs"});
      hit = *mounts.mounted(secret);
      for (const std::string& place : {way, link})
        (void)mounts.unmount(place, true);
      const bool bound = mounts.mount({.source = way, .target = here, .type = "bind"}).has_value();
      hit = hit || files.facts(here + "/below")->has_value();
      if (bound) (void)mounts.unmount(here, true);
    }
    ::kill(attacker, SIGKILL);
    ::waitpid(attacker, nullptr, 0);
    EXPECT(!hit);
    return "";
  });
}

TEST_CASE("mounts: a link of root's is followed, and the options of a bind mount reach what it leads to") {
  fakes::check_on_every_kernel(CLONE_NEWNS, []() -> std::string {
    const fakes::TemporaryDirectory directory;
    const std::string real = directory / "real", link = directory / "link", from = directory / "from";
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    EXPECT(mounts.mount({.target = "/", .options = "rprivate"}));
    EXPECT(files.make_directories(real + "/below"));
    EXPECT(files.make_directories(from));
    EXPECT(files.make_link("real", link));
    EXPECT(mounts.mount({.source = from, .target = link + "/below", .type = "bind", .options = "ro"}));
    EXPECT(*mounts.mounted(real + "/below"));
    EXPECT(files.replace(real + "/below/file", {}, {}).error().code == EROFS);
    EXPECT(mounts.mount({.source = "none", .target = link, .type = "tmpfs"}));
    EXPECT(mounts.mount({.target = link, .options = "remount,ro"}));
    EXPECT(files.replace(real + "/file", {}, {}).error().code == EROFS);
    EXPECT(mounts.unmount(real, false));
    EXPECT(mounts.unmount(link + "/below", false));
    return "";
  });
}

TEST_CASE("mounts: a file can be mounted on another, and a mount moved") {
  check_in_mount_namespace([]() -> std::string {
    const fakes::TemporaryDirectory directory;
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    for (const char* name : {"one", "two"})
      EXPECT(files.replace(directory / name, std::as_bytes(std::span(name, 3)), {}));
    for (const char* name : {"here", "there"})
      EXPECT(files.make_directories(directory / name));
    EXPECT(mounts.mount({.source = directory / "one", .target = directory / "two", .type = "bind"}));
    EXPECT(files.read(directory / "two", 10).value() == "one");
    EXPECT(mounts.mount({.source = "none", .target = directory / "here", .type = "tmpfs"}));
    EXPECT(mounts.mount({.source = directory / "here", .target = directory / "there", .options = "move"}));
    EXPECT(!*mounts.mounted(directory / "here"));
    EXPECT(mounts.unmount(directory / "there", false));
    EXPECT(mounts.unmount(directory / "two", false));
    return "";
  });
}

TEST_CASE("mounts: without /proc a mount is made by its path") {
  check_in_mount_namespace([]() -> std::string {
    const fakes::TemporaryDirectory directory;
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    EXPECT(files.make_directories(directory / "target"));
    EXPECT(mounts.unmount("/proc", true));
    EXPECT(mounts.mount({.source = "none", .target = directory / "target", .type = "tmpfs", .options = "mode=0711"}));
    EXPECT((*files.facts(directory / "target"))->mode == 0711);
    EXPECT(mounts.mount({.source = "proc", .target = "/proc", .type = "proc"}));
    EXPECT(*mounts.mounted("/proc"));
    EXPECT(mounts.unmount(directory / "target", false));
    return "";
  });
}

TEST_CASE("mounts: what is there already is found, past links of root's, and known again") {
  check_in_mount_namespace([]() -> std::string {
    const fakes::TemporaryDirectory directory;
    const std::string real = directory / "real", link = directory / "link", from = directory / "from";
    sys::KernelMounts mounts;
    sys::KernelFiles files;
    EXPECT(files.make_directories(real + "/a") && files.make_directories(real + "/b"));
    EXPECT(files.make_directories(from + "/below") && files.make_link("real", link));
    const sys::MountSpec tmpfs{"scratch", link + "/a", "tmpfs", ""}, bind{from + "/below", real + "/b", "bind", "ro"};
    EXPECT(!*mounts.find(tmpfs));
    EXPECT(!*mounts.find({"none", real + "/none/yet", "tmpfs", ""}));
    EXPECT(mounts.mount(tmpfs) && mounts.mount(bind));
    EXPECT((*mounts.find(tmpfs))->as_wanted);
    EXPECT((*mounts.find({"none", real + "/a", "tmpfs", ""}))->as_wanted);
    const auto other = mounts.find({"10.9.0.1:/home", link + "/a", "nfs", ""});
    EXPECT(!(*other)->as_wanted && (*other)->what == "scratch (tmpfs)");
    EXPECT(!*mounts.find({"scratch", real + "/a", "tmpfs", "remount,ro"}));
    EXPECT((*mounts.find(bind))->as_wanted);
    EXPECT(files.make_link("from", directory / "to"));
    EXPECT((*mounts.find({directory / "to/below", real + "/b", "bind", ""}))->as_wanted);
    EXPECT(!(*mounts.find({from, real + "/b", "bind", ""}))->as_wanted);
    EXPECT(mounts.unmount(real + "/a", false) && mounts.unmount(real + "/b", false));
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
