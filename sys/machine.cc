#include "sys/machine.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "sys/text.h"

namespace sys {
namespace {

constexpr std::size_t hostname_limit = 64;           // __NEW_UTS_LEN
constexpr ino_t machine_pid_namespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO
constexpr unsigned insecure_random = 4;              // GRND_INSECURE, which musl 1.2.3 lacks
constexpr int kthreadd = 2;

// Without /proc: on the machine itself pid 2 is the kernel's, and in no process group.
bool kernel_is_pid_2() { return ::getpgid(kthreadd) == 0; }

}  // namespace

MachineFacts KernelMachine::facts() {
  utsname found{};
  ::uname(&found);  // fails only for a bad pointer
  return {.kernel_release = found.release, .architecture = found.machine};
}

Status KernelMachine::set_hostname(const std::string& name) {
  if (name.empty() || name.size() > hostname_limit) {
    return refusal(cat("host name '", printable(name, 80), "': must have 1 to ", hostname_limit, " bytes"));
  }
  if (::sethostname(name.data(), name.size()) < 0) {
    int code = errno;
    return failure(code, cat("set the host name to ", name));
  }
  return {};
}

bool KernelMachine::is_init() { return ::getpid() == 1; }

bool KernelMachine::in_container() {
  struct stat found {};
  if (::stat("/proc/self/ns/pid", &found) < 0) return !kernel_is_pid_2();
  return found.st_ino != machine_pid_namespace;
}

Status KernelMachine::power(PowerAction action) {
  const bool restart = action == PowerAction::restart;
  const std::string_view what = restart ? "restart the machine" : "power the machine off";
  if (!is_init()) return refusal(cat(what, ": only PID 1 may"));
  ::reboot(restart ? RB_AUTOBOOT : RB_POWER_OFF);
  int code = errno;
  return failure(code, std::string(what));
}

Status KernelMachine::load_module(const std::string& path, const std::string& options) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.valid() && ::syscall(SYS_finit_module, file.get(), options.c_str(), 0) == 0) return {};
  int code = errno;
  if (file.valid() && code == EEXIST) return {};
  return failure(code, cat("load module ", path));
}

std::uint64_t KernelMachine::random() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, insecure_random) == static_cast<ssize_t>(sizeof bits)) return bits;
  // A kernel before 5.6 whose pool is not ready: the clock differs between nodes too.
  if (::getrandom(&bits, sizeof bits, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof bits)) return bits;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_nsec) * 0x9E3779B97F4A7C15ull;
}

Status KernelMachine::random_key(std::span<std::uint8_t> bytes) {
  // Up to 256 bytes come whole or not at all (getrandom(2)).
  const ssize_t got = ::getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK);
  if (got == static_cast<ssize_t>(bytes.size())) return {};
  return failure(got < 0 ? errno : EIO, "get random bytes from the kernel, whose pool may not be ready yet");
}

}  // namespace sys
