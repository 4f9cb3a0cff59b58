#include "setup/paths.h"
#include "setup/step.h"
#include "sys/path.h"
#include "sys/text.h"

namespace setup {
sys::Result<StepOutcome> perform(const transport::LinkStep& step, StepSystem system) {
  if (step.target.empty()) return sys::refusal(sys::cat("link ", step.path, ": it has no target: correct the plan"));
  if (!sys::is_link_target(step.target))
    return sys::refusal(sys::cat("link ", sys::printable(step.path),
                                 ": its target is too long, or has a zero byte in it: correct the plan"));
  if (auto status = make_room(system.files, step.path); !status) return tl::unexpected(status.error());
  const auto facts = system.files.facts(step.path);
  if (!facts) return tl::unexpected(facts.error());

  sys::Status status;
  if (const auto& there = *facts; !there) {
    status = system.files.make_link(step.target, step.path);
  } else if (there->kind == sys::FileKind::link) {
    const auto target = system.files.read_link(step.path);
    if (!target) return tl::unexpected(target.error());
    if (*target == step.target) return StepOutcome{.changed = false};
    status = put_link(system.files, step.target, step.path);
  } else {
    status = sys::refusal(sys::cat("link ", step.path, ": there is ", what_is(*there), ", which is left as it is"));
  }
  if (!status) return tl::unexpected(status.error());
  return StepOutcome{};
}

}  // namespace setup
