#include "setup/paths.h"
#include "setup/step.h"

namespace setup {

sys::Result<StepOutcome> perform(const transport::MountStep& step, StepSystem system) {
  if (auto status = check_path(step.target); !status) return tl::unexpected(status.error());
  // Asked first and of the kernel's table: looking at the target itself could hang on a dead server.
  const auto mounted = system.mounts.mounted(step.target);
  if (!mounted) return tl::unexpected(mounted.error());
  if (*mounted) return StepOutcome{.changed = false};
  if (auto status = system.files.make_directories(step.target); !status) return tl::unexpected(status.error());
  for (const std::string& directory : step.directories) {
    if (auto status = check_path(directory); !status) return tl::unexpected(status.error());
    if (auto status = system.files.make_directories(directory); !status) return tl::unexpected(status.error());
  }
  auto status = system.mounts.mount({step.source, step.target, step.type, step.options});
  if (!status) return tl::unexpected(status.error());
  return StepOutcome{};
}

}  // namespace setup
