#include "nodeinit/base_system.h"

#include <array>
#include <cerrno>
#include <string_view>

#include "sys/text.h"

namespace node {

namespace {

enum class Where { everywhere, machine, container };

bool applies(Where where, bool in_container) {
  return where == Where::everywhere || (where == Where::container) == in_container;
}

struct BaseMount {
  Where where;
  const char* type;
  const char* target;
  const char* options;
};

constexpr BaseMount proc = {Where::everywhere, "proc", "/proc", "nosuid,nodev,noexec"};
constexpr std::array base_mounts = {
    BaseMount{Where::everywhere, "sysfs", "/sys", "nosuid,nodev,noexec"},
    BaseMount{Where::everywhere, "cgroup2", "/sys/fs/cgroup", "nosuid,nodev,noexec"},
    BaseMount{Where::machine, "devtmpfs", "/dev", "nosuid,mode=0755"},
    BaseMount{Where::container, "tmpfs", "/dev", "nosuid,mode=0755,size=1m"},
    BaseMount{Where::everywhere, "devpts", "/dev/pts", "nosuid,noexec,newinstance,mode=0620,ptmxmode=0666,gid=5"},
    BaseMount{Where::everywhere, "tmpfs", "/dev/shm", "nosuid,nodev,mode=1777"},
};

struct Directory {
  const char* path;
  std::uint32_t mode;
};
constexpr std::array directories = {
    Directory{"/run", 0755},
    Directory{"/run/nodeinit", 0711},  // users run programs that are placed below it, and see nothing else
    Directory{"/tmp", 01777},
    Directory{"/etc", 0755},
};

struct Node {
  const char* path;
  std::uint32_t major, minor;
};
constexpr std::array container_nodes = {
    Node{"/dev/null", 1, 3},   Node{"/dev/zero", 1, 5},    Node{"/dev/full", 1, 7},
    Node{"/dev/random", 1, 8}, Node{"/dev/urandom", 1, 9}, Node{"/dev/tty", 5, 0},
};

struct SymbolicLink {
  Where where;
  const char* path;
  const char* target;
};
constexpr std::array links = {
    SymbolicLink{Where::container, "/dev/ptmx", "pts/ptmx"},
    SymbolicLink{Where::everywhere, "/dev/fd", "/proc/self/fd"},
    SymbolicLink{Where::everywhere, "/dev/stdin", "/proc/self/fd/0"},
    SymbolicLink{Where::everywhere, "/dev/stdout", "/proc/self/fd/1"},
    SymbolicLink{Where::everywhere, "/dev/stderr", "/proc/self/fd/2"},
};

// Off in a bare kernel: what a user has planted in /tmp does not lead others astray (proc(5)). In a container they are
// the machine's.
constexpr std::array protections = {"protected_hardlinks", "protected_symlinks", "protected_fifos",
                                    "protected_regular"};

sys::Status protect(sys::Files& files, const char* name) {
  sys::Status written = files.write(sys::cat("/proc/sys/fs/", name), "1");
  if (!written && written.error().code == ENOENT) return {};  // a kernel without it
  return written;
}

sys::Status unless_there(sys::Status status) {
  if (!status && status.error().code == EEXIST) return {};
  return status;
}

sys::Status mount(sys::Files& files, sys::Mounts& mounts, const BaseMount& base) {
  if (const auto mounted = mounts.mounted(base.target); mounted && *mounted) return {};
  if (sys::Status made = files.make_directories(base.target); !made) return made;
  return mounts.mount({.source = base.type, .target = base.target, .type = base.type, .options = base.options});
}

// The kernel makes its first root as a tmpfs on which everybody may write, and an image need not say otherwise.
sys::Status close_root(sys::Files& files) {
  const auto root = files.facts("/");
  if (!root) return tl::unexpected(root.error());
  if (*root && ((*root)->mode & 022) == 0) return {};
  return files.set_owner("/", {.uid = 0, .gid = 0, .mode = 0755});
}

std::string name_of(const BaseMount& base) { return sys::cat("mount ", base.type, " on ", base.target); }

}  // namespace

BaseAction mount_proc(sys::Files& files, sys::Mounts& mounts) { return {name_of(proc), mount(files, mounts, proc)}; }

std::vector<BaseAction> make_base_system(sys::Files& files, sys::Mounts& mounts, bool in_container) {
  std::vector<BaseAction> done;
  done.push_back({"mode of /", close_root(files)});
  for (const BaseMount& base : base_mounts) {
    if (applies(base.where, in_container)) done.push_back({name_of(base), mount(files, mounts, base)});
  }
  for (const char* name : protections) {
    if (!in_container) done.push_back({sys::cat("fs.", name), protect(files, name)});
  }
  for (const Directory& directory : directories) {
    done.push_back({sys::cat("directory ", directory.path),
                    unless_there(files.make_directory(directory.path, {.uid = 0, .gid = 0, .mode = directory.mode}))});
  }
  for (const Node& node : container_nodes) {
    if (!in_container) break;
    done.push_back({sys::cat("device ", node.path),
                    unless_there(files.make_device(node.path, sys::FileKind::character_device, node.major, node.minor,
                                                   {.uid = 0, .gid = 0, .mode = 0666}))});
  }
  for (const SymbolicLink& link : links) {
    if (!applies(link.where, in_container)) continue;
    done.push_back({sys::cat("link ", link.path), unless_there(files.make_link(link.target, link.path))});
  }
  return done;
}

}  // namespace node
