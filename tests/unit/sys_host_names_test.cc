#include "sys/host_names.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>

#include <fstream>

#include "tests/unit/in_namespace.h"
#include "tests/unit/temporary_directory.h"

// In a network where no name server can be reached, with tables of names of its own.
TEST_CASE("hosts are found by their names, and who is not found is named") {
  fakes::check_in_namespace(CLONE_NEWNS | CLONE_NEWNET, []() -> std::string {
    const fakes::TemporaryDirectory directory;
    std::ofstream(directory / "hosts") << "10.9.0.5 nfs1 nfs1.cluster\nfe80::1 six\n";
    std::ofstream(directory / "resolv.conf") << "";
    EXPECT(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    for (const char* name : {"hosts", "resolv.conf"})
      EXPECT(::mount((directory / name).c_str(), (std::string("/etc/") + name).c_str(), nullptr, MS_BIND, nullptr) ==
             0);
    EXPECT(sys::find_host("nfs1").value_or(0) == 0x0a090005);
    EXPECT(sys::find_host("nfs1.cluster").value_or(0) == 0x0a090005);
    EXPECT(sys::find_host("10.9.0.7").value_or(0) == 0x0a090007);
    for (const char* none : {"nfs2", "six", "", "bad name"}) {
      const auto found = sys::find_host(none);
      EXPECT(!found);
      EXPECT(found.error().what.find(sys::cat("find the address of host ", none)) == 0);
    }
    return "";
  });
}
