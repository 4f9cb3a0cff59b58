#include "sys/mount_table.h"

#include <doctest/doctest.h>

namespace {

constexpr char text[] =
    "22 1 0:21 / / rw,relatime - rootfs none rw\n"
    "23 22 0:22 / /proc rw,nosuid shared:5 master:1 - proc proc rw\n"
    "24 22 0:30 / /home rw,relatime - nfs4 10.9.0.1:/home rw,vers=4.2,addr=10.9.0.1\n"
    "25 22 0:31 / /with\\040space rw - tmpfs none rw\n"
    "26 22 0:21 /usr/local /opt rw,relatime - rootfs none rw\n"
    "27 24 0:30 /anna /anna rw,relatime - nfs4 10.9.0.1:/home rw\n"
    "28 25 0:32 / /with\\040space rw - tmpfs upper rw\n"
    "\n"
    "29 22 0:33 / /cut rw\n"
    "30\n";

const std::vector<sys::MountEntry> table = sys::parse_mount_table(text);

bool is_there(const sys::MountSpec& spec) {
  const auto* there = sys::find_mount(table, spec.target);
  REQUIRE(there);
  return sys::is_mount_of(table, *there, spec);
}

}  // namespace

TEST_CASE("mount table: entries are read, and what is none is left out") {
  REQUIRE(table.size() == 7);
  CHECK(table[1].type == "proc");  // after two optional fields
  CHECK(table[2].device == "0:30");
  CHECK(table[2].source == "10.9.0.1:/home");
  CHECK(table[3].target == "/with space");
  CHECK(table[4].root == "/usr/local");
  CHECK(sys::parse_mount_table("").empty());
}

TEST_CASE("mount table: the uppermost mount at exactly that place is found") {
  CHECK(sys::find_mount(table, "/with space/")->source == "upper");
  CHECK(sys::find_mount(table, "/")->type == "rootfs");
  CHECK_FALSE(sys::find_mount(table, "/hom"));
  CHECK_FALSE(sys::find_mount(table, "/home/anna"));
}

TEST_CASE("mount table: a mount is known by its type and its source") {
  CHECK(is_there({"10.9.0.1:/home", "/home", "nfs", "vers=4.2"}));
  CHECK(is_there({"10.9.0.1:/home/", "/home/", "nfs4", ""}));
  CHECK_FALSE(is_there({"10.9.0.1:/homes", "/home", "nfs", ""}));
  CHECK_FALSE(is_there({"10.9.0.2:/home", "/home", "nfs", ""}));
  CHECK_FALSE(is_there({"10.9.0.1:/home", "/home", "ext4", ""}));
  CHECK(is_there({"any word", "/proc", "proc", ""}));
  CHECK_FALSE(is_there({"proc", "/proc", "sysfs", ""}));
}

TEST_CASE("mount table: a bind mount is known by what it shows") {
  CHECK(is_there({"/usr/local", "/opt", "bind", "ro"}));
  CHECK(is_there({"/usr/local", "/opt", "none", "rbind"}));
  CHECK_FALSE(is_there({"/usr", "/opt", "bind", ""}));
  CHECK(is_there({"/home/anna", "/anna", "bind", ""}));
  CHECK(is_there({"/anna", "/anna", "bind", ""}));
  CHECK_FALSE(is_there({"/home", "/anna", "bind", ""}));
  CHECK_FALSE(is_there({"/proc", "/home", "bind", ""}));
}

TEST_CASE("mount table: an entry in words") {
  CHECK(sys::describe(table[2]) == "10.9.0.1:/home (nfs4)");
  CHECK(sys::describe(table[5]) == "/anna of 10.9.0.1:/home (nfs4)");
}
