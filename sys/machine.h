// The machine as a whole: its name, its end, its modules, its randomness.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

enum class PowerAction { restart, power_off };

struct MachineFacts {
  std::string kernel_release;  // uname -r
  std::string architecture;    // uname -m
};

class Machine {
 public:
  virtual ~Machine() = default;
  virtual MachineFacts facts() = 0;
  virtual Status set_hostname(const std::string& name) = 0;
  // True when this process is PID 1.
  virtual bool is_init() = 0;
  // True when this process's pid namespace is not the machine's own: power() then ends only the namespace.
  virtual bool in_container() = 0;
  // reboot(2), without writing anything out first (sync(2) can block). Does not return when it works; refused when this
  // process is not PID 1. In a container the kernel ends the namespace instead: its init dies by SIGHUP (restart) or
  // SIGINT (power off).
  virtual Status power(PowerAction action) = 0;
  // finit_module(2) with the file at `path`, uncompressed; a module that is loaded already is success.
  virtual Status load_module(const std::string& path, const std::string& options) = 0;
  // Random bytes that are fit for jitter before the kernel's pool is ready (GRND_INSECURE): not for keys.
  virtual std::uint64_t random() = 0;
  // Fills it with random bytes that keys can be made of; EAGAIN while the kernel's pool is not ready (GRND_NONBLOCK).
  virtual Status random_key(std::span<std::uint8_t> bytes) = 0;
};

class KernelMachine final : public Machine {
 public:
  MachineFacts facts() override;
  Status set_hostname(const std::string& name) override;
  bool is_init() override;
  bool in_container() override;
  Status power(PowerAction action) override;
  Status load_module(const std::string& path, const std::string& options) override;
  std::uint64_t random() override;
  Status random_key(std::span<std::uint8_t> bytes) override;
};

}  // namespace sys
