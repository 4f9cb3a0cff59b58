#include "lab/machine.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lab/cgroup.h"
#include "lab/image.h"
#include "sys/text.h"

namespace lab {
namespace {

constexpr unsigned long namespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC;

// The name of a machine that has just been switched on, as the kernel has it.
constexpr std::string_view unnamed = "(none)";

// Any directory that is always there: the tmpfs lies over it only until it is the root.
constexpr const char* mount_point = "/tmp";

sys::Status check(long result, const char* what) {
  if (result < 0) return sys::failure(errno, what);
  return {};
}

sys::Status make_root(const MachineSpec& spec) {
  const sys::Result<std::string> image = spec.image.empty() ? std::string() : read_image(spec.image);
  if (!image) return tl::unexpected(image.error());
  // Private first: what is mounted in the machine is nobody else's business.
  return check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private")
      // With the mode that the kernel gives it.
      .and_then([] { return check(mount("rootfs", mount_point, "tmpfs", 0, "mode=1777"), "mount the root tmpfs"); })
      .and_then([] { return check(chdir(mount_point), "enter the root"); })
      .and_then([&] { return spec.image.empty() ? copy_root(spec.root) : unpack(*image); })
      // The old root is then stacked on the new one, and detached from there: no directory is needed for it.
      .and_then([] { return check(syscall(SYS_pivot_root, ".", "."), "pivot_root"); })
      .and_then([] { return check(umount2(".", MNT_DETACH), "detach the old root"); })
      .and_then([] { return check(chdir("/"), "enter /"); });
}

sys::Status connect_console(int console) {
  const sys::Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  return check(null.get(), "open /dev/null")
      .and_then([&] { return check(dup2(null.get(), 0), "redirect standard input"); })
      .and_then([&] { return check(dup2(console, 1), "redirect standard output"); })
      .and_then([&] { return check(dup2(console, 2), "redirect standard error"); });
}

void run_init(const MachineSpec& spec) {
  std::vector<char*> arguments = {const_cast<char*>("/init")};
  for (const std::string& argument : spec.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  // As the kernel starts it.
  const char* environment[] = {"HOME=/", "TERM=linux", nullptr};
  execve("/init", arguments.data(), const_cast<char**>(environment));
}

[[noreturn]] void become_machine(const MachineSpec& spec, int console) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  sys::Status status =
      connect_console(console)
          .and_then([&] { return spec.cgroup.empty() ? sys::Status() : enter_cgroup(spec.cgroup); })
          .and_then([&] { return make_root(spec); })
          .and_then([&] { return check(sethostname(unnamed.data(), unnamed.size()), "unset the host name"); });
  if (status) {
    run_init(spec);
    status = sys::failure(errno, "execute /init");
  }
  const std::string text = sys::cat("[lab] cannot boot: ", status.error().text(), "\n");
  [[maybe_unused]] const ssize_t written = write(2, text.data(), text.size());
  _exit(boot_failed);
}

}  // namespace

sys::Status enter_network(const std::string& name) {
  const std::string path = "/run/netns/" + name;
  const sys::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return sys::failure(errno, sys::cat("open network namespace ", path));
  if (setns(file.get(), CLONE_NEWNET) != 0) return sys::failure(errno, sys::cat("enter network namespace ", path));
  const sys::Fd ipv6(open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC));
  if (ipv6.valid() && write(ipv6.get(), "1", 1) != 1) return sys::failure(errno, "switch IPv6 off");
  return {};
}

sys::Result<int> boot(const MachineSpec& spec, int console) {
  // The system call itself: the C library's clone() wants a stack, and fork() makes no namespaces.
  const long pid = syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0) return sys::failure(errno, "clone a machine");
  if (pid == 0) become_machine(spec, console);
  return static_cast<int>(pid);
}

}  // namespace lab
