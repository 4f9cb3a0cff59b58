#include "setup/paths.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

// Larger files are written again rather than compared: both would have to be in memory beside what they are.
constexpr std::uint64_t comparison_limit = 8u << 20;  // bytes

bool may_replace(sys::FileKind kind) { return kind == sys::FileKind::regular || kind == sys::FileKind::link; }

sys::Result<bool> same_content(const sys::FileFacts& there, const transport::FileStep& step, const std::string& content,
                               sys::Files& files) {
  if (there.kind != sys::FileKind::regular || there.size != step.content.size) return false;
  if (there.size > comparison_limit) return false;
  // Owner and mode would be those of all its names: of the program's file in the cache, say, or of what a user has linked.
  if (there.links > 1) return false;
  const auto old = files.read(step.path, there.size);
  if (!old) return tl::unexpected(old.error());
  const auto wanted = files.read(content, there.size);
  if (!wanted) return tl::unexpected(wanted.error());
  return *old == *wanted;
}

}  // namespace

sys::Result<StepOutcome> perform(const transport::FileStep& step, const std::string& content, StepSystem system) {
  if (auto status = make_room(system.files, step.path); !status) return tl::unexpected(status.error());
  const auto facts = system.files.facts(step.path);
  if (!facts) return tl::unexpected(facts.error());

  const sys::Ownership owner{step.uid, step.gid, step.mode};
  bool same = false;
  if (const auto& there = *facts) {
    if (!may_replace(there->kind))
      return sys::refusal(
          sys::cat("file ", step.path, ": there is ", name_of(there->kind), ", which is left as it is"));
    const auto compared = same_content(*there, step, content, system.files);
    if (!compared) return tl::unexpected(compared.error());
    same = *compared;
  }
  if (same && owned_as(**facts, owner)) return StepOutcome{.changed = false};
  auto status = same ? system.files.set_owner(step.path, owner) : system.files.copy(content, step.path, owner);
  if (!status) return tl::unexpected(status.error());
  return StepOutcome{};
}

}  // namespace setup
