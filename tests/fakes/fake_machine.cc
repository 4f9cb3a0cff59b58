#include "tests/fakes/fake_machine.h"

#include "sys/text.h"

namespace fakes {

sys::Status FakeMachine::set_hostname(const std::string& name) {
  if (auto status = faults_.check(sys::cat("set host name ", name)); !status) return status;
  hostname = name;
  return {};
}

sys::Status FakeMachine::power(sys::PowerAction action) {
  if (auto status = faults_.check(action == sys::PowerAction::restart ? "restart" : "power off"); !status) {
    return status;
  }
  powered = action;
  return {};
}

sys::Status FakeMachine::load_module(const std::string& path, const std::string& options) {
  if (auto status = faults_.check(sys::cat("load module ", path)); !status) return status;
  modules.emplace_back(path, options);
  return {};
}

// SplitMix64: every bit of it looks random.
std::uint64_t FakeMachine::random() {
  std::uint64_t z = (random_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

sys::Status FakeMachine::random_key(std::span<std::uint8_t> bytes) {
  if (auto status = faults_.check("get random bytes"); !status) return status;
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>(random());
  return {};
}

}  // namespace fakes
