#include "health/self.h"

#include <doctest/doctest.h>

#include "tests/fakes/fake_files.h"

namespace {

constexpr const char* rollup =
    "00400000-7ffd1 ---p 00000000 00:00 0                    [rollup]\n"
    "Rss:                1234 kB\n"
    "Pss:                 900 kB\n"
    "Private_Clean:        12 kB\n"
    "Private_Dirty:        30 kB\n"
    "Private_Hugetlb:       0 kB\n";
constexpr const char* stat = "1 (init) S 0 1 1 0 -1 4194560 500 0 0 0 7 5 0 0 20 0 1 0 3 4096 300\n";

struct Setting {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  transport::SelfUsage usage;

  Setting(const std::string& its_rollup, const std::string& its_stat) {
    files.put("/proc/1/smaps_rollup", its_rollup);
    files.put("/proc/1/stat", its_stat);
  }
  sys::Status read() { return health::read_self(files, usage); }
};

}  // namespace

TEST_CASE("nodeinit's own memory and CPU time are read from /proc") {
  Setting s(rollup, stat);
  s.usage.wakeups = 5;
  REQUIRE(s.read());
  CHECK(s.usage.resident_bytes == 1234 * 1024);
  CHECK(s.usage.private_bytes == 42 * 1024);
  CHECK(s.usage.cpu_us == 120'000);
  CHECK(s.usage.wakeups == 5);
}

TEST_CASE("a program may be called anything") {
  Setting s(rollup, "1 (a) b (c) ) S 0 1 1 0 -1 4194560 500 0 0 0 1 2 0 0 20\n");
  REQUIRE(s.read());
  CHECK(s.usage.cpu_us == 30'000);
}

TEST_CASE("odd files of /proc are an error that names them") {
  const struct {
    std::string rollup, stat, named;
  } cases[] = {
      {"", stat, "Rss"},
      {"Rss: 1 kB\nPrivate_Clean: 1 kB\n", stat, "Private_Dirty"},
      {"Rss: x kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 1 kB\n", stat, "Rss"},
      {"Rss: 1\nPrivate_Clean: 1 kB\nPrivate_Dirty: 1 kB\n", stat, "Rss"},
      {"Rss: 99999999999999999999 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 1 kB\n", stat, "Rss"},
      {rollup, "", "/proc/1/stat"},
      {rollup, "1 (init) S 0 1", "/proc/1/stat"},
      {rollup, "1 (init) S 0 1 1 0 -1 4194560 500 0 0 0 seven 5 0", "/proc/1/stat"},
      {rollup, "1 (init) S 0 1 1 0 -1 4194560 500 0 0 0 7 18446744073709551615 0", "/proc/1/stat"},
  };
  for (const auto& c : cases) {
    Setting s(c.rollup, c.stat);
    const auto status = s.read();
    REQUIRE_FALSE(status);
    CHECK_MESSAGE(status.error().text().find(c.named) != std::string::npos, status.error().text());
  }
}

TEST_CASE("a file of /proc that cannot be read is an error") {
  for (int n = 1;; ++n) {
    Setting s(rollup, stat);
    s.faults.fail_at = n;
    const auto status = s.read();
    if (!s.faults.fired()) break;
    REQUIRE_FALSE(status);
    CHECK(status.error().code == EIO);
  }
}
