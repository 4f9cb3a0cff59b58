#include "sys/machine.h"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <set>

#include "tests/unit/in_namespace.h"
#include "tests/unit/temporary_directory.h"

namespace {

// As the first process of a pid namespace of its own.
std::string as_init(int more_flags, const std::function<std::string()>& body) {
  return fakes::in_namespace(CLONE_NEWPID | more_flags, [&] { return fakes::in_namespace(0, body); });
}

}  // namespace

TEST_CASE("machine: facts are those of uname") {
  sys::KernelMachine machine;
  CHECK_FALSE(machine.facts().kernel_release.empty());
  CHECK(machine.facts().architecture == "x86_64");
}

TEST_CASE("machine: random numbers differ") {
  sys::KernelMachine machine;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(machine.random());
  CHECK(seen.size() == 1000);
}

TEST_CASE("machine: a host name is set, an impossible one refused") {
  fakes::check_in_namespace(CLONE_NEWUTS, []() -> std::string {
    sys::KernelMachine machine;
    EXPECT(machine.set_hostname("n17"));
    char name[65] = {};
    EXPECT(::gethostname(name, sizeof name) == 0);
    EXPECT(std::string(name) == "n17");
    EXPECT(machine.set_hostname(std::string(64, 'x')));
    EXPECT(!machine.set_hostname(std::string(65, 'x')));
    EXPECT(!machine.set_hostname(""));
    return "";
  });
}

TEST_CASE("machine: who is not PID 1 does not get near reboot") {
  sys::KernelMachine machine;
  REQUIRE_FALSE(machine.is_init());
  for (auto action : {sys::PowerAction::restart, sys::PowerAction::power_off}) {
    const auto refused = machine.power(action);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("only PID 1 may") != std::string::npos);
  }
}

TEST_CASE("machine: PID 1 of a namespace knows that it is in a container, with /proc and without") {
  const std::string problem = as_init(CLONE_NEWNS, []() -> std::string {
    sys::KernelMachine machine;
    EXPECT(machine.is_init());
    EXPECT(machine.in_container());  // by the outer /proc, which does not know it
    EXPECT(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    EXPECT(::mount("proc", "/proc", "proc", 0, nullptr) == 0);
    EXPECT(machine.in_container());
    EXPECT(::umount2("/proc", MNT_DETACH) == 0);
    EXPECT(::mount("none", "/proc", "tmpfs", 0, nullptr) == 0);
    EXPECT(machine.in_container());
    return "";
  });
  CHECK(problem == "");
}

TEST_CASE("machine: in a container a restart is the death of its PID 1, by SIGHUP") {
  const std::string outcome = as_init(0, []() -> std::string {
    const auto failed = sys::KernelMachine().power(sys::PowerAction::restart);
    return failed ? "power() returned" : failed.error().text();
  });
  CHECK(outcome == "the child ended with wait status 1");
}

TEST_CASE("machine: what is no module is an error that names it") {
  fakes::TemporaryDirectory directory;
  sys::KernelMachine machine;
  const auto absent = machine.load_module(directory / "absent.ko", "");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ENOENT);
  CHECK(absent.error().what == "load module " + (directory / "absent.ko"));
  CHECK_FALSE(machine.load_module("/bin/true", ""));
}
