#include "nodeinit/clean_root.h"

#include <doctest/doctest.h>

#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_mounts.h"

namespace {

struct Root {
  Root() {
    files.put("/init", "nodeinit");
    files.put("/etc/nodeinit.toml", "[log]");
    files.put("/lib/modules/6.1/big.ko", std::string(4096, 'x'));
    files.put("/lib/modules/6.1/modules.dep", "big.ko:");
    files.put("/run/nodeinit/cache/old", "old");
    files.put("/opt/tool", "t");
    files.put_link("/opt/link", "/proc/important");
    for (const char* path : {"/proc", "/dev", "/tmp", "/sys"})
      files.put_directory(path);
    files.put("/proc/important", "p");
    files.put("/dev/null", "");
    files.set_filesystem("/proc", 2);
    files.set_filesystem("/dev", 3);
    mounts.set_kind("/", sys::FilesystemKind::memory);
  }

  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  fakes::FakeMounts mounts{faults};
};

}  // namespace

TEST_CASE("clean root: the image's files go, what is needed and what is mounted stays") {
  Root root;
  const auto freed = node::clean_root(root.files, root.mounts);
  REQUIRE(freed);
  CHECK(freed->files == 5);
  CHECK(freed->bytes == 4096 + 7 + 3 + 1);
  for (const char* path :
       {"/init", "/etc/nodeinit.toml", "/proc/important", "/dev/null", "/tmp", "/lib", "/run/nodeinit"}) {
    CHECK_MESSAGE(root.files.exists(path), path);
  }
  for (const char* path : {"/lib/modules", "/opt", "/run/nodeinit/cache"}) {
    CHECK_MESSAGE(!root.files.exists(path), path);
  }
}

TEST_CASE("clean root: a root that is not in memory is left as it is") {
  Root root;
  root.mounts.set_kind("/", sys::FilesystemKind::other);
  const auto freed = node::clean_root(root.files, root.mounts);
  REQUIRE_FALSE(freed);
  CHECK(freed.error().what.find("not in memory") != std::string::npos);
  CHECK(root.files.exists("/lib/modules/6.1/big.ko"));
}

TEST_CASE("clean root: whichever call fails, what must stay stays") {
  for (int n = 1;; ++n) {
    Root root;
    root.faults.fail_at = n;
    static_cast<void>(node::clean_root(root.files, root.mounts));
    for (const char* path : {"/init", "/etc/nodeinit.toml", "/proc/important", "/dev/null"}) {
      CHECK_MESSAGE(root.files.exists(path), path);
    }
    if (!root.faults.fired()) break;
  }
}
