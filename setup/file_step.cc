#include "setup/paths.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

// Larger files are written again rather than compared: both would have to be in memory beside what they are.
constexpr std::uint64_t comparison_limit = 8u << 20;  // bytes

bool may_replace(sys::FileKind kind) { return kind == sys::FileKind::regular || kind == sys::FileKind::link; }

// Whether nothing is to be done. A file with the right content and another owner or mode is none that can be given to
// anybody: whoever had it may still have it open for writing, or by another name.
sys::Result<bool> is_done(const sys::FileFacts& there, const transport::FileStep& step, const sys::Ownership& owner,
                          const std::string& content, sys::Files& files) {
  if (there.kind != sys::FileKind::regular || there.links > 1 || !owned_as(there, owner)) return false;
  if (there.size != step.content.size || there.size > comparison_limit) return false;
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
  if (const auto& there = *facts) {
    if (!may_replace(there->kind))
      return sys::refusal(
          sys::cat("file ", step.path, ": there is ", name_of(there->kind), ", which is left as it is"));
    const auto done = is_done(*there, step, owner, content, system.files);
    if (!done) return tl::unexpected(done.error());
    if (*done) return StepOutcome{.changed = false};
  }
  if (auto status = system.files.copy(content, step.path, owner); !status) return tl::unexpected(status.error());
  return StepOutcome{};
}

}  // namespace setup
