#include "sys/mounts.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>

#include "sys/files.h"
#include "sys/mount_table.h"
#include "sys/safe_path.h"
#include "sys/text.h"

namespace sys {
namespace {

constexpr std::size_t mount_table_limit = 8u << 20;  // bytes

struct OptionWord {
  std::string_view word;
  unsigned long set;
  unsigned long clear;
};

// What mount(8) turns into flags. Words that only tools in user space look at are dropped: file systems
// refuse options that they do not know.
constexpr OptionWord option_words[] = {
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"mand", MS_MANDLOCK, 0},
    {"nomand", 0, MS_MANDLOCK},
    {"noatime", MS_NOATIME, MS_RELATIME | MS_STRICTATIME},
    {"atime", 0, MS_NOATIME},
    {"nodiratime", MS_NODIRATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
    {"relatime", MS_RELATIME, MS_NOATIME | MS_STRICTATIME},
    {"norelatime", 0, MS_RELATIME},
    {"strictatime", MS_STRICTATIME, MS_NOATIME | MS_RELATIME},
    {"lazytime", MS_LAZYTIME, 0},
    {"nolazytime", 0, MS_LAZYTIME},
    {"silent", MS_SILENT, 0},
    {"loud", 0, MS_SILENT},
    {"remount", MS_REMOUNT, 0},
    {"bind", MS_BIND, 0},
    {"rbind", MS_BIND | MS_REC, 0},
    {"move", MS_MOVE, 0},
    {"rec", MS_REC, 0},
    {"private", MS_PRIVATE, 0},
    {"rprivate", MS_PRIVATE | MS_REC, 0},
    {"slave", MS_SLAVE, 0},
    {"rslave", MS_SLAVE | MS_REC, 0},
    {"shared", MS_SHARED, 0},
    {"rshared", MS_SHARED | MS_REC, 0},
    {"unbindable", MS_UNBINDABLE, 0},
    {"runbindable", MS_UNBINDABLE | MS_REC, 0},
    {"defaults", 0, 0},
    {"auto", 0, 0},
    {"noauto", 0, 0},
    {"nofail", 0, 0},
    {"_netdev", 0, 0},
};

constexpr unsigned long propagation = MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE;
// What belongs to the mount point rather than to the file system: a bind mount takes it in a second call only.
constexpr unsigned long per_mount =
    MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;

const OptionWord* find_word(std::string_view word) {
  for (const OptionWord& row : option_words) {
    if (row.word == word) return &row;
  }
  return nullptr;
}

bool is_bind_type(const std::string& type) { return type == "bind" || type == "rbind"; }

// Of its options and its type.
unsigned long all_flags(const MountSpec& spec) {
  const unsigned long flags = parse_mount_options(spec.options).flags;
  return is_bind_type(spec.type) ? flags | parse_mount_options(spec.type).flags : flags;
}

std::string describe(const MountSpec& spec) {
  std::string text = cat("mount ", spec.source.empty() ? spec.type : spec.source, " on ", spec.target);
  return spec.type.empty() ? text : cat(text, ", type ", spec.type);
}

tl::unexpected<Error> mount_failure(int code, const MountSpec& spec) {
  std::string what = describe(spec);
  if (code == ENODEV) what += ": the kernel does not know this file system; is its module loaded?";
  return failure(code, std::move(what));
}

Result<struct statfs> statistics_of(const std::string& path) {
  const auto fd = SafePaths(LinkTrust::of_root).open("look at", path, O_PATH);
  if (!fd) return tl::unexpected(fd.error());
  struct statfs found {};
  if (::fstatfs(fd->get(), &found) == 0) return found;
  const int code = errno;
  return failure(code, cat("find the file system of ", path));
}

// mount(2) takes paths only. This one leads to what is open, whatever was renamed meanwhile.
std::string path_to(const Fd& fd) { return cat("/proc/self/fd/", fd.get()); }

// Before /proc is there, only the base mounts are made, in a root where nobody else is.
bool have_proc() {
  struct statfs found {};
  return ::statfs("/proc", &found) == 0 && static_cast<unsigned long>(found.f_type) == PROC_SUPER_MAGIC;
}

struct Source {
  Fd fd;  // of what is bound or moved
  std::string path;
};

// A device is named to the kernel by its path, which it keeps for its table: such a path is looked at only.
Result<Source> find_source(const MountSpec& spec, const MountOptions& call) {
  if (spec.source.empty()) return Source{Fd(), "none"};
  const bool is_there = (call.flags & (MS_BIND | MS_MOVE)) != 0 && (call.flags & MS_REMOUNT) == 0;
  if (!is_there && !spec.source.starts_with("/dev/")) return Source{Fd(), spec.source};
  auto fd = SafePaths(LinkTrust::of_root).open("mount", spec.source, O_PATH);
  if (!fd) return tl::unexpected(fd.error());
  std::string path = is_there && have_proc() ? path_to(*fd) : spec.source;
  return Source{*std::move(fd), std::move(path)};
}

Result<std::vector<MountEntry>> read_table() {
  const auto text = KernelFiles().read("/proc/self/mountinfo", mount_table_limit);
  if (!text) return tl::unexpected(text.error());
  return parse_mount_table(*text);
}

// The path of what is open, without any link: as the kernel's table has it.
std::string real_path(const Fd& fd) {
  std::array<char, PATH_MAX> path;
  const ssize_t size = ::readlink(path_to(fd).c_str(), path.data(), path.size());
  return size < 0 ? std::string() : std::string(path.data(), static_cast<std::size_t>(size));
}

// Nothing when there is nothing yet that could be mounted on.
Result<std::optional<std::string>> real_target(const MountSpec& spec) {
  const auto place = SafePaths(LinkTrust::of_root).locate_target(cat("mount ", spec.source, " on"), spec.target);
  if (!place && place.error().code == ENOENT) return std::nullopt;
  if (!place) return tl::unexpected(place.error());
  const std::string directory = real_path(place->directory);
  return cat(directory == "/" ? "" : directory, "/", place->name);
}

bool is_bind_by_link(const std::vector<MountEntry>& table, const MountEntry& there, MountSpec spec) {
  const auto source = SafePaths(LinkTrust::of_root).open("look at", spec.source, O_PATH);
  if (!source) return false;
  spec.source = real_path(*source);
  return is_mount_of(table, there, spec);
}

}  // namespace

MountOptions parse_mount_options(std::string_view options) {
  MountOptions parsed;
  for (std::string_view word : split(options, ',')) {
    if (word.empty()) continue;
    if (const OptionWord* row = find_word(word)) {
      parsed.flags = (parsed.flags & ~row->clear) | row->set;
      continue;
    }
    if (!parsed.data.empty()) parsed.data += ',';
    parsed.data += word;
  }
  return parsed;
}

bool is_bind(const MountSpec& spec) {
  const unsigned long flags = all_flags(spec);
  return (flags & MS_BIND) != 0 && (flags & MS_REMOUNT) == 0;
}

std::vector<MountOptions> mount_calls(const MountSpec& spec) {
  const MountOptions options = parse_mount_options(spec.options);
  const unsigned long flags = all_flags(spec) & ~propagation;
  const unsigned long spread = all_flags(spec) & propagation;

  std::vector<MountOptions> calls;
  if (is_bind(spec)) {
    calls.push_back({flags & (MS_BIND | MS_REC | MS_SILENT), ""});
    if ((flags & per_mount) != 0) calls.push_back({MS_BIND | MS_REMOUNT | (flags & per_mount), ""});
  } else if (!spec.type.empty() || (flags & (MS_REMOUNT | MS_MOVE)) != 0) {
    calls.push_back({flags & ~static_cast<unsigned long>(spread != 0 ? MS_REC : 0), options.data});
  }
  if (spread != 0) calls.push_back({spread | (flags & MS_REC), ""});
  return calls;
}

Status KernelMounts::mount(const MountSpec& spec) {
  const std::vector<MountOptions> calls = mount_calls(spec);
  if (calls.empty()) return refusal(cat(describe(spec), ": neither a type nor bind, remount or move is given"));
  const auto source = find_source(spec, calls.front());
  if (!source) return tl::unexpected(source.error());
  const auto target = SafePaths(LinkTrust::of_root).locate_target(cat("mount ", spec.source, " on"), spec.target);
  if (!target) return tl::unexpected(target.error());
  const char* type = is_bind_type(spec.type) || spec.type.empty() ? nullptr : spec.type.c_str();
  for (const MountOptions& call : calls) {
    // Anew for each call: after the first one it is what was mounted there. It cannot be renamed away any more.
    const Fd on(::openat(target->at(), target->name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!on.valid()) return mount_failure(errno, spec);
    const std::string path = have_proc() ? path_to(on) : spec.target;
    if (::mount(source->path.c_str(), path.c_str(), type, call.flags, call.data.c_str()) < 0) {
      return mount_failure(errno, spec);
    }
  }
  return {};
}

Status KernelMounts::unmount(const std::string& target, bool lazy) {
  // By the directory that it is in: a descriptor of what is mounted would keep it busy.
  const auto place = SafePaths(LinkTrust::of_root).locate("unmount", target);
  if (!place) return tl::unexpected(place.error());
  const std::string path = have_proc() ? cat(path_to(place->directory), "/", place->name) : target;
  int flags = UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0);
  if (::umount2(path.c_str(), flags) < 0) {
    int code = errno;
    return failure(code, cat("unmount ", target));
  }
  return {};
}

Result<bool> KernelMounts::mounted(const std::string& target) {
  const auto table = read_table();
  if (!table) return tl::unexpected(table.error());
  return find_mount(*table, target) != nullptr;
}

Result<std::optional<MountFound>> KernelMounts::find(const MountSpec& spec) {
  const unsigned long flags = all_flags(spec);
  const bool makes_new = !spec.type.empty() || (flags & (MS_BIND | MS_MOVE)) != 0;
  if (!makes_new || (flags & MS_REMOUNT) != 0) return std::nullopt;
  const auto table = read_table();
  if (!table) return tl::unexpected(table.error());
  const MountEntry* there = find_mount(*table, spec.target);
  if (!there) {
    const auto target = real_target(spec);
    if (!target) return tl::unexpected(target.error());
    there = *target ? find_mount(*table, **target) : nullptr;
  }
  if (!there) return std::nullopt;
  // What has been moved here has no source any more.
  const bool as_wanted = (flags & MS_MOVE) != 0 || is_mount_of(*table, *there, spec) ||
                         (is_bind(spec) && is_bind_by_link(*table, *there, spec));
  return MountFound{as_wanted, sys::describe(*there)};
}

Result<FilesystemKind> KernelMounts::kind(const std::string& path) {
  const auto found = statistics_of(path);
  if (!found) return tl::unexpected(found.error());
  const auto magic = static_cast<std::uint32_t>(found->f_type);
  return magic == TMPFS_MAGIC || magic == RAMFS_MAGIC ? FilesystemKind::memory : FilesystemKind::other;
}

Result<std::uint64_t> KernelMounts::memory_used(const std::string& path) {
  const auto found = statistics_of(path);
  if (!found) return tl::unexpected(found.error());
  if (static_cast<std::uint32_t>(found->f_type) != TMPFS_MAGIC) return 0;
  return static_cast<std::uint64_t>(found->f_blocks - found->f_bfree) * static_cast<std::uint64_t>(found->f_bsize);
}

}  // namespace sys
