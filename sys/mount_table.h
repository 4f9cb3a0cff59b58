// The kernel's table of what is mounted where, /proc/self/mountinfo (proc(5)). All of it is pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sys/mounts.h"

namespace sys {

struct MountEntry {
  std::string device;  // "0:35", major and minor number: the same for all mounts of a file system
  std::string root;    // which directory of the file system is to be seen: "/", or what a bind mount has taken
  std::string target;
  std::string type;
  std::string source;
};

// In the order of the table: of several at one target the last is what is seen. Lines that are no entries are left out.
std::vector<MountEntry> parse_mount_table(std::string_view text);

// The uppermost one exactly at `target`; nullptr: nothing is mounted there. Slashes at the end of `target` do not count.
const MountEntry* find_mount(const std::vector<MountEntry>& table, std::string_view target);

// Whether `there`, an entry of `table`, is what mounting `spec` would give: the same type and the same source. A file
// system that has no source but itself (tmpfs, proc) is told by its type alone; nfs and nfs4 are one type. A bind mount
// is the same when it shows the directory that its source is in the file system that it is of.
bool is_mount_of(const std::vector<MountEntry>& table, const MountEntry& there, const MountSpec& spec);

// "10.9.0.1:/home (nfs4)", "/scratch of tmpfs (tmpfs)" where not all of it is seen: for messages.
std::string describe(const MountEntry& entry);

}  // namespace sys
