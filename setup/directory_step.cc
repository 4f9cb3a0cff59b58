#include "setup/paths.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
sys::Result<StepOutcome> perform(const transport::DirectoryStep& step, StepSystem system) {
  if (auto status = make_room(system.files, step.path); !status) return tl::unexpected(status.error());
  const auto facts = system.files.facts(step.path);
  if (!facts) return tl::unexpected(facts.error());

  const sys::Ownership owner{step.uid, step.gid, step.mode};
  const auto& there = *facts;
  if (there && there->kind != sys::FileKind::directory)
    return sys::refusal(sys::cat("directory ", step.path, ": there is ", what_is(*there), ", which is left as it is"));
  if (there && owned_as(*there, owner)) return StepOutcome{.changed = false};
  if (there && !may_be_given(*there, owner))
    return sys::refusal(sys::cat("directory ", step.path, ": there is one of uid ", there->uid,
                                 ", who would keep what is in it: it is left as it is"));
  auto status = there ? system.files.set_owner(step.path, owner) : system.files.make_directory(step.path, owner);
  if (!status) return tl::unexpected(status.error());
  return StepOutcome{};
}

}  // namespace setup
