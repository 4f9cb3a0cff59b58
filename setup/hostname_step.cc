#include <algorithm>

#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

constexpr std::size_t name_limit = 64;  // HOST_NAME_MAX

bool fits_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

sys::Status check(const std::string& name) {
  if (!name.empty() && name.size() <= name_limit && std::all_of(name.begin(), name.end(), fits_a_name)) return {};
  return sys::refusal(sys::cat("hostname '", sys::printable(name), "' is not 1 to ", name_limit,
                               " letters, digits, dots, hyphens and underscores: correct the plan"));
}

}  // namespace

sys::Result<StepOutcome> perform(const transport::HostnameStep& step, StepSystem system) {
  if (auto status = check(step.name); !status) return tl::unexpected(status.error());
  // Without /proc the name cannot be asked for; then it is set in any case.
  const auto now = system.files.read("/proc/sys/kernel/hostname", 2 * name_limit);
  if (now && sys::trim(*now) == step.name) return StepOutcome{.changed = false};
  if (auto status = system.machine.set_hostname(step.name); !status) return tl::unexpected(status.error());
  return StepOutcome{};
}

}  // namespace setup
