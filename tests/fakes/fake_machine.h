// A machine in memory: its power button is safe to press.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sys/machine.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeMachine final : public sys::Machine {
 public:
  explicit FakeMachine(Faults& faults) : faults_(faults) {}

  sys::MachineFacts facts() override { return machine_facts; }
  sys::Status set_hostname(const std::string& name) override;
  bool is_init() override { return init; }
  bool in_container() override { return container; }
  sys::Status power(sys::PowerAction action) override;
  sys::Status load_module(const std::string& path, const std::string& options) override;
  std::uint64_t random() override;  // the same sequence in every test
  sys::Status random_key(std::span<std::uint8_t> bytes) override;

  sys::MachineFacts machine_facts{.kernel_release = "6.1.0-fake", .architecture = "x86_64"};
  bool init = true;
  bool container = false;

  std::string hostname;
  std::optional<sys::PowerAction> powered;
  std::vector<std::pair<std::string, std::string>> modules;  // path and options, in order of loading

 private:
  Faults& faults_;
  std::uint64_t random_ = 1;
};

}  // namespace fakes
