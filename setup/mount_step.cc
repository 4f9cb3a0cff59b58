#include "setup/nfs.h"
#include "setup/paths.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

std::string what(const sys::MountSpec& spec) { return sys::cat("mount ", spec.source, " on ", spec.target); }

// A second mount would hide the first, with whatever programs have open there.
sys::Result<StepOutcome> look_at(const sys::MountFound& found, const sys::MountSpec& spec) {
  if (found.as_wanted) return StepOutcome{.changed = false};
  return sys::refusal(sys::cat(what(spec), ": ", found.what,
                               " is mounted there already, and is not covered: correct the plan, or restart the node"));
}

tl::unexpected<sys::Error> explain(sys::Error error) {
  if (const auto meaning = nfs_meaning(error.code); !meaning.empty()) error.what += sys::cat(": ", meaning);
  return tl::unexpected(std::move(error));
}

}  // namespace

sys::Result<StepOutcome> perform(const transport::MountStep& step, StepSystem system) {
  if (auto status = check_path(step.target); !status) return tl::unexpected(status.error());
  const sys::MountSpec spec{step.source, step.target, step.type, step.options};
  // Asked first and of the kernel's table: looking at the target itself could hang on a dead server.
  const auto found = system.mounts.find(spec);
  if (!found) return tl::unexpected(found.error());
  if (*found) return look_at(**found, spec);
  // mount(2) would wait for a server that is not there until it is killed, and could not say for what.
  const auto server = nfs_server(step);
  if (server) {
    const auto status = check_nfs_server(*server, system.sockets);
    if (!status) return sys::within(what(spec), status.error());
  }
  if (auto status = system.files.make_directories(step.target); !status) return tl::unexpected(status.error());
  for (const std::string& directory : step.directories) {
    if (auto made = check_path(directory); !made) return tl::unexpected(made.error());
    if (auto made = system.files.make_directories(directory); !made) return tl::unexpected(made.error());
  }
  const auto status = system.mounts.mount(spec);
  if (status) return StepOutcome{};
  return server ? explain(status.error()) : tl::unexpected(status.error());
}

}  // namespace setup
