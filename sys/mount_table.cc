#include "sys/mount_table.h"

#include <algorithm>
#include <array>

#include "sys/path.h"
#include "sys/text.h"

namespace sys {
namespace {

// Their source is a label that anybody may choose.
constexpr std::array<std::string_view, 18> without_source = {
    "proc",      "sysfs",   "devtmpfs", "tmpfs",  "ramfs", "devpts",  "cgroup",   "cgroup2",     "mqueue",
    "hugetlbfs", "debugfs", "tracefs",  "pstore", "bpf",   "overlay", "configfs", "binfmt_misc", "securityfs"};

// A space in a path is \040 in the table; tab, newline and backslash likewise.
std::string unescape(std::string_view field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      out += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
      i += 3;
    } else {
      out += field[i];
    }
  }
  return out;
}

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/')
    path.remove_suffix(1);
  return path;
}

std::string_view family(std::string_view type) { return type == "nfs4" ? "nfs" : type; }

// `path`, which is inside `mount`, as its file system names it.
std::string path_within(const MountEntry& mount, std::string_view path) {
  const std::string_view below = mount.target == "/" ? path : path.substr(mount.target.size());
  if (below.empty() || below == "/") return mount.root;
  return mount.root == "/" ? std::string(below) : cat(mount.root, below);
}

// The one that `path` is in.
const MountEntry* mount_around(const std::vector<MountEntry>& table, std::string_view path) {
  const MountEntry* around = nullptr;
  for (const MountEntry& entry : table) {
    const bool deeper = !around || entry.target.size() >= around->target.size();
    if (deeper && is_within(std::string(path), entry.target)) around = &entry;
  }
  return around;
}

bool is_bind_of(const std::vector<MountEntry>& table, const MountEntry& there, std::string_view source) {
  const MountEntry* around = mount_around(table, source);
  return around && around->device == there.device && path_within(*around, source) == there.root;
}

}  // namespace

std::vector<MountEntry> parse_mount_table(std::string_view text) {
  // "36 35 98:0 /root /target rw,noatime shared:1 - ext4 /dev/sda1 rw": any number of words before the dash.
  enum Field { device = 2, root = 3, target = 4, first_optional = 6 };
  std::vector<MountEntry> table;
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < first_optional) continue;
    const auto dash = std::find(fields.begin() + first_optional, fields.end(), "-");
    if (fields.end() - dash < 3) continue;
    table.push_back({std::string(fields[device]), unescape(fields[root]), unescape(fields[target]), unescape(dash[1]),
                     unescape(dash[2])});
  }
  return table;
}

const MountEntry* find_mount(const std::vector<MountEntry>& table, std::string_view target) {
  const std::string_view wanted = without_trailing_slashes(target);
  const auto found =
      std::find_if(table.rbegin(), table.rend(), [&](const MountEntry& entry) { return entry.target == wanted; });
  return found == table.rend() ? nullptr : &*found;
}

bool is_mount_of(const std::vector<MountEntry>& table, const MountEntry& there, const MountSpec& spec) {
  const std::string_view source = without_trailing_slashes(spec.source);
  if (is_bind(spec)) return is_bind_of(table, there, source);
  if (family(there.type) != family(spec.type)) return false;
  const bool any_source = std::find(without_source.begin(), without_source.end(), spec.type) != without_source.end();
  return any_source || without_trailing_slashes(there.source) == source;
}

std::string describe(const MountEntry& entry) {
  const std::string part = entry.root == "/" ? "" : cat(entry.root, " of ");
  return printable(cat(part, entry.source, " (", entry.type, ")"));
}

}  // namespace sys
