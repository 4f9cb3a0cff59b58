#include <set>

#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

constexpr std::size_t module_table_limit = 1u << 20;  // bytes

// proc(5): the name is the first word of each line.
sys::Result<std::set<std::string, std::less<>>> loaded_modules(sys::Files& files) {
  const auto table = files.read("/proc/modules", module_table_limit);
  if (!table) return tl::unexpected(sys::within("see which modules are loaded", table.error()));
  std::set<std::string, std::less<>> names;
  for (const std::string_view line : sys::split(*table, '\n')) {
    if (!line.empty()) names.emplace(line.substr(0, line.find(' ')));
  }
  return names;
}

}  // namespace

// The kernel knows what is loaded: nothing to remember.
sys::Result<Entries> survey(const transport::ModuleStep& step, StepSystem system, KnownFiles&) {
  const auto loaded = loaded_modules(system.files);
  if (!loaded) return tl::unexpected(loaded.error());
  Entries missing;
  for (std::uint32_t i = 0; i < step.modules.size(); ++i) {
    if (!loaded->contains(step.modules[i].name)) missing.push_back(i);
  }
  return missing;
}

sys::Result<StepOutcome> perform(const transport::ModuleStep& step, const Entries& which, const Contents& contents,
                                 StepSystem system, KnownFiles&) {
  for (const std::uint32_t i : which) {
    const transport::ModuleEntry& module = step.modules.at(i);
    const auto status = system.machine.load_module(contents.path_of(module.content.hash), module.options);
    if (!status) return tl::unexpected(sys::within(sys::cat("module ", module.name), status.error()));
  }
  return StepOutcome{.changed = !which.empty()};
}

}  // namespace setup
