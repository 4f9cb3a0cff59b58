// One file per kind of step (setup/mount_step.cc, ...): each offers a function that carries it out, given the
// kernel. It runs in a worker and may block.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "content/known_files.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/hardware_clock.h"
#include "sys/interfaces.h"
#include "sys/machine.h"
#include "sys/mounts.h"
#include "sys/result.h"
#include "sys/stream.h"
#include "transport/messages.h"

namespace setup {

using content::KnownFiles;

struct StepSystem {
  sys::Files& files;
  sys::Mounts& mounts;
  sys::Machine& machine;
  sys::Interfaces& interfaces;
  sys::Sockets& sockets;
  sys::Clock& clock;
  sys::HardwareClock& hardware_clock;
  std::function<int()> boot_link = {};  // index of the link that the node has booted from; 0, or empty: none
};

// What an attempt found: whether anything had to be changed is told apart from success.
struct StepOutcome {
  bool changed = true;      // false: everything was as the step wants it
  std::string remark = {};  // what was found or changed, where the step itself does not say it; at most 1024 bytes
};

sys::Result<StepOutcome> perform(const transport::MountStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::UnmountStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::DirectoryStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::DeviceStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::LinkStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::SysctlStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::HostnameStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::InterfaceStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::TimeStep& step, StepSystem system);

// Steps that need content from the front end are carried out in two turns, so that only what is missing is fetched: the
// first finds the entries that are not as the step wants them, the second deals with those.
using Entries = std::vector<std::uint32_t>;  // indices, ascending

// Where the contents of a step are when it is carried out.
struct Contents {
  std::function<std::string(const transport::ContentHash&)> path_of;  // in the node's cache
  std::function<bool(const transport::ContentHash&)> is_spare;  // nobody needs it afterwards: it may be moved away
};

// `known` has what the step remembers of earlier times, and takes what it learns now.
sys::Result<Entries> survey(const transport::FileStep& step, StepSystem system, KnownFiles& known);
sys::Result<Entries> survey(const transport::ModuleStep& step, StepSystem system, KnownFiles& known);
sys::Result<StepOutcome> perform(const transport::FileStep& step, const Entries& which, const Contents& contents,
                                 StepSystem system, KnownFiles& known);
sys::Result<StepOutcome> perform(const transport::ModuleStep& step, const Entries& which, const Contents& contents,
                                 StepSystem system, KnownFiles& known);

// Whom the step depends on besides this node, "NFS server nfs1 (10.9.0.5)": for the message when it hangs. Empty: nobody.
std::string waits_for(const transport::Step& step);

// "mount proc on /proc", "copy 1234 bytes to /etc/passwd": for reports and the log.
std::string describe(const transport::Step& step);

}  // namespace setup
