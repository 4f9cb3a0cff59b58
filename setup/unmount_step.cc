#include "setup/paths.h"
#include "setup/step.h"

namespace setup {

sys::Result<StepOutcome> perform(const transport::UnmountStep& step, StepSystem system) {
  if (auto status = check_path(step.target); !status) return tl::unexpected(status.error());
  // Of the kernel's table: looking at the target itself could hang on a dead server.
  const auto mounted = system.mounts.mounted(step.target);
  if (!mounted) return tl::unexpected(mounted.error());
  if (!*mounted) return StepOutcome{.changed = false};
  if (auto status = system.mounts.unmount(step.target, step.lazy); !status) return tl::unexpected(status.error());
  return StepOutcome{};
}

}  // namespace setup
