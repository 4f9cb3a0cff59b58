#include "sys/cgroups.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string_view>

#include "sys/fd.h"
#include "sys/text.h"

namespace sys {
namespace {

constexpr std::string_view root = "/sys/fs/cgroup";
constexpr std::string_view own_leaf = "/sys/fs/cgroup/init";
constexpr std::string_view parent = "/sys/fs/cgroup/nodeinit";
constexpr Ownership of_root = {.uid = 0, .gid = 0, .mode = 0755};
constexpr ino_t machine_cgroup_namespace = 0xEFFFFFFB;  // PROC_CGROUP_INIT_INO
constexpr std::size_t longest_pid = 8;                  // bytes, and a line's end
constexpr std::size_t list_limit = 4u << 20;            // bytes: half a million pids
constexpr std::size_t file_limit = 16u << 10;
constexpr std::uint32_t cpu_period_us = 100'000;
constexpr std::string_view controllers[] = {"memory", "pids", "cpu", "cpuset"};

// One limit in the kernel's form.
struct LimitFile {
  std::string_view controller;
  std::string_view file;
  std::string value;  // empty: not limited
};

std::string amount(std::uint64_t value) { return value == 0 ? std::string() : cat(value); }

std::string cpu_time(std::uint32_t percent) {
  return percent == 0 ? std::string() : cat(std::uint64_t{percent} * cpu_period_us / 100, " ", cpu_period_us);
}

// "oom_kill 3" among the lines of a flat keyed file.
std::uint64_t value_of(std::string_view text, std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    const auto space = line.find(' ');
    if (space == line.npos || line.substr(0, space) != key) continue;
    return parse_number(line.substr(space + 1), 0, ~std::uint64_t{0}).value_or(0);
  }
  return 0;
}

bool machines_namespace() {
  struct stat found {};
  return ::stat("/proc/self/ns/cgroup", &found) < 0 || found.st_ino == machine_cgroup_namespace;
}

class KernelCgroups final : public Cgroups {
 public:
  explicit KernelCgroups(Files& files) : files_(files) {}

  Status begin(bool in_container) override;
  bool available() const override { return available_; }
  Status make(const std::string& name) override { return files_.make_directory(path_of(name), of_root); }
  std::string path_of(const std::string& name) const override { return cat(parent, "/", name); }
  Status limit(const std::string& name, const GroupLimits& limits) override;
  Result<GroupEvents> events(const std::string& name) override;
  Result<std::vector<int>> pids(const std::string& name) override;
  Result<std::string> group_of(int pid) override;
  Result<std::size_t> signal(const std::string& name, int signal) override;
  Status signal_process(int pid, std::uint32_t uid, int signal) override;
  Status remove(const std::string& name) override { return files_.remove(path_of(name)); }

 private:
  Status make_place(std::string_view path);
  std::optional<std::uint32_t> real_user(int pid);
  void hand_on_controllers(std::string_view group);
  void remove_empty_groups();
  std::string file(const std::string& name, std::string_view what) const { return cat(path_of(name), "/", what); }
  Status set(const std::string& name, const LimitFile& limit);

  Files& files_;
  bool available_ = false;
};

Status KernelCgroups::begin(bool in_container) {
  const auto mounted = files_.facts(cat(root, "/cgroup.controllers"));
  if (!mounted || !*mounted) return refusal(cat("there is no cgroup file system (version 2) on ", root));
  if (in_container && machines_namespace()) return refusal(cat("what is on ", root, " is the machine's"));
  if (auto status = make_place(own_leaf); !status) return status;
  const auto whole_end = files_.facts(cat(own_leaf, "/cgroup.kill"));
  if (!whole_end || !*whole_end) return refusal("the kernel, older than 5.14, cannot end a group as a whole");
  if (auto status = files_.write(cat(own_leaf, "/cgroup.procs"), "0"); !status) return status;
  if (auto status = make_place(parent); !status) return status;
  hand_on_controllers(root);
  hand_on_controllers(parent);
  remove_empty_groups();
  available_ = true;
  return {};
}

Status KernelCgroups::make_place(std::string_view path) {
  auto made = files_.make_directory(std::string(path), of_root);
  return !made && made.error().code == EEXIST ? Status() : made;
}

// One by one: the kernel takes all that are named or none. What is missing is told when somebody wants it.
void KernelCgroups::hand_on_controllers(std::string_view group) {
  for (const std::string_view controller : controllers)
    static_cast<void>(files_.write(cat(group, "/cgroup.subtree_control"), cat("+", controller)));
}

// Those of a nodeinit that has crashed.
void KernelCgroups::remove_empty_groups() {
  const auto names = files_.list(std::string(parent));
  if (!names) return;
  for (const std::string& name : *names)
    static_cast<void>(remove(name));  // of a file: refused
}

Status KernelCgroups::limit(const std::string& name, const GroupLimits& limits) {
  const LimitFile wanted[] = {{"memory", "memory.max", amount(limits.memory_bytes)},
                              {"pids", "pids.max", amount(limits.pids)},
                              {"cpu", "cpu.max", cpu_time(limits.cpu_percent)},
                              {"cpuset", "cpuset.cpus", limits.cpus}};
  for (const LimitFile& limit : wanted)
    if (auto status = set(name, limit); !status) return status;
  if (limits.memory_bytes == 0) return {};
  // A job that has lost one of its processes is of no use: the kernel ends all of them. A kernel without swap has no
  // limit of it.
  static_cast<void>(files_.write(file(name, "memory.swap.max"), "0"));
  static_cast<void>(files_.write(file(name, "memory.oom.group"), "1"));
  return {};
}

Status KernelCgroups::set(const std::string& name, const LimitFile& limit) {
  if (limit.value.empty()) return {};
  const auto status = files_.write(file(name, limit.file), limit.value);
  if (status) return {};
  if (status.error().code == ENOENT)
    return refusal(cat("this node's kernel has no ", limit.controller, " controller for cgroups"));
  return failure(status.error().code, cat("set ", limit.file, " to ", printable(limit.value)));
}

// A controller that is not there has had no events.
Result<GroupEvents> KernelCgroups::events(const std::string& name) {
  GroupEvents events;
  if (const auto text = files_.read(file(name, "memory.events"), file_limit))
    events.killed_for_memory = value_of(*text, "oom_kill");
  if (const auto text = files_.read(file(name, "pids.events"), file_limit))
    events.forks_refused = value_of(*text, "max");
  return events;
}

Result<std::vector<int>> KernelCgroups::pids(const std::string& name) {
  const auto text = files_.read(file(name, "cgroup.procs"), list_limit);
  if (!text) return tl::unexpected(text.error());
  std::vector<int> found;
  for (const std::string_view line : split(*text, '\n')) {
    // 0: one of a pid namespace that we do not see.
    if (const auto pid = parse_number(line, 1, 0x7fffffff)) found.push_back(static_cast<int>(*pid));
  }
  return found;
}

Result<std::string> KernelCgroups::group_of(int pid) {
  const auto text = files_.read(cat("/proc/", pid, "/cgroup"), file_limit);
  if (!text) return tl::unexpected(text.error());
  constexpr std::string_view ours = "0::/nodeinit/";
  for (const std::string_view line : split(*text, '\n'))
    if (line.starts_with(ours)) return std::string(line.substr(ours.size()));
  return std::string();
}

Result<std::size_t> KernelCgroups::signal(const std::string& name, int signal) {
  const auto members = pids(name);
  if (signal == SIGKILL) {
    if (auto status = files_.write(file(name, "cgroup.kill"), "1"); !status) return tl::unexpected(status.error());
    return members ? members->size() : list_limit / longest_pid;  // too many to be listed are ended all the same
  }
  if (!members) return tl::unexpected(members.error());
  std::size_t reached = 0;
  for (const int pid : *members)
    if (::kill(pid, signal) == 0) ++reached;
  return reached;
}

// What is held is looked at: it is the same process that is signalled, whoever has its pid by then.
Status KernelCgroups::signal_process(int pid, std::uint32_t uid, int signal) {
  const Fd held(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!held.valid()) return failure(errno, cat("hold process ", pid));
  const auto group = group_of(pid);
  if (!group || group->empty()) return failure(ESRCH, cat("find process ", pid, " among the jobs"));
  const auto owner = real_user(pid);
  if (!owner) return failure(ESRCH, cat("find the owner of process ", pid));
  if (uid != 0 && *owner != uid) return failure(EPERM, cat("signal process ", pid, " of user ", *owner));
  if (::syscall(SYS_pidfd_send_signal, held.get(), signal, nullptr, 0) < 0)
    return failure(errno, cat("signal process ", pid));
  return {};
}

// "Uid:\t1000\t...": the first is the real one. Nothing in this file waits for the process's memory.
std::optional<std::uint32_t> KernelCgroups::real_user(int pid) {
  const auto text = files_.read(cat("/proc/", pid, "/status"), file_limit);
  if (!text) return std::nullopt;
  for (const std::string_view line : split(*text, '\n')) {
    if (!line.starts_with("Uid:\t")) continue;
    const auto number = parse_number(split(line, '\t').at(1), 0, 0xffffffff);
    return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Cgroups> make_cgroups(Files& files) { return std::make_unique<KernelCgroups>(files); }

}  // namespace sys
