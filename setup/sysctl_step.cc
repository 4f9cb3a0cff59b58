#include "setup/step.h"
#include "sys/path.h"
#include "sys/text.h"

namespace setup {
namespace {

constexpr std::size_t value_limit = 8192;  // bytes; a page or two is what the kernel shows

// The kernel shows lists of numbers with tabs between them.
std::string in_one_form(std::string_view value) {
  std::string form;
  for (const char c : sys::trim(value)) {
    const bool space = c == ' ' || c == '\t';
    if (!space || (!form.empty() && form.back() != ' ')) form += space ? ' ' : c;
  }
  return form;
}

sys::Result<bool> set(const transport::SysctlEntry& entry, sys::Files& files) {
  const std::string path = sys::cat("/proc/sys/", entry.key);
  if (!sys::is_clean_path(path))
    return sys::refusal(sys::cat("sysctl '", sys::printable(entry.key), "' is no key: correct the plan"));
  // Some can be written and not be read.
  const auto now = files.read(path, value_limit);
  if (now && in_one_form(*now) == in_one_form(entry.value)) return false;
  if (auto status = files.write(path, entry.value); !status) {
    return tl::unexpected(
        sys::within(sys::cat("set sysctl ", entry.key, " to ", sys::printable(entry.value)), status.error()));
  }
  return true;
}

}  // namespace

sys::Result<StepOutcome> perform(const transport::SysctlStep& step, StepSystem system) {
  StepOutcome outcome{.changed = false};
  for (const transport::SysctlEntry& entry : step.entries) {
    const auto changed = set(entry, system.files);
    if (!changed) return tl::unexpected(changed.error());
    outcome.changed |= *changed;
  }
  return outcome;
}

}  // namespace setup
