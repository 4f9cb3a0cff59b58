#include "setup/paths.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

constexpr std::uint32_t max_major = (1u << 12) - 1, max_minor = (1u << 20) - 1;  // dev_t of Linux

bool is_device(const sys::FileFacts& facts) {
  return facts.kind == sys::FileKind::character_device || facts.kind == sys::FileKind::block_device;
}

bool is_the_device(const sys::FileFacts& facts, const transport::DeviceEntry& step) {
  return facts.kind == (step.block ? sys::FileKind::block_device : sys::FileKind::character_device) &&
         facts.device_major == step.major && facts.device_minor == step.minor;
}

sys::Status make(const transport::DeviceEntry& step, sys::Ownership owner, sys::Files& files) {
  const auto kind = step.block ? sys::FileKind::block_device : sys::FileKind::character_device;
  return files.make_device(step.path, kind, step.major, step.minor, owner);
}

sys::Status check(const transport::DeviceEntry& step) {
  if (step.major <= max_major && step.minor <= max_minor) return {};
  return sys::refusal(sys::cat("device ", step.path, ": numbers ", step.major, ":", step.minor, " are past ", max_major,
                               ":", max_minor, ", the largest that there are"));
}

// Whether anything had to be changed.
sys::Result<bool> provide(const transport::DeviceEntry& step, sys::Files& files) {
  if (auto status = check(step); !status) return tl::unexpected(status.error());
  if (auto status = make_room(files, step.path); !status) return tl::unexpected(status.error());
  const auto facts = files.facts(step.path);
  if (!facts) return tl::unexpected(facts.error());

  const sys::Ownership owner{step.uid, step.gid, step.mode};
  sys::Status status;
  if (const auto& there = *facts; !there) {
    status = make(step, owner, files);
  } else if (is_the_device(*there, step) && owned_as(*there, owner)) {
    return false;
  } else if (is_the_device(*there, step) && there->links == 1) {
    status = files.set_owner(step.path, owner);
  } else if (is_device(*there)) {
    status = files.remove(step.path);
    if (status) status = make(step, owner, files);
  } else {
    status = sys::refusal(sys::cat("device ", step.path, ": there is ", what_is(*there), ", which is left as it is"));
  }
  if (!status) return tl::unexpected(status.error());
  return true;
}

}  // namespace

sys::Result<StepOutcome> perform(const transport::DeviceStep& step, StepSystem system) {
  StepOutcome outcome{.changed = false};
  for (const transport::DeviceEntry& device : step.devices) {
    const auto changed = provide(device, system.files);
    if (!changed) return tl::unexpected(changed.error());
    outcome.changed |= *changed;
  }
  return outcome;
}

}  // namespace setup
