// One file per kind of step (setup/mount_step.cc, ...): each offers a function that carries it out, given the
// kernel. It runs in a worker and may block.
#pragma once

#include <string>

#include "sys/files.h"
#include "sys/machine.h"
#include "sys/mounts.h"
#include "sys/result.h"
#include "sys/stream.h"
#include "transport/messages.h"

namespace setup {

struct StepSystem {
  sys::Files& files;
  sys::Mounts& mounts;
  sys::Machine& machine;
  sys::Sockets& sockets;
};

// What an attempt found: whether anything had to be changed is told apart from success.
struct StepOutcome {
  bool changed = true;  // false: everything was as the step wants it
};

sys::Result<StepOutcome> perform(const transport::MountStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::DirectoryStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::DeviceStep& step, StepSystem system);
// `content`: where the cache keeps the content.
sys::Result<StepOutcome> perform(const transport::FileStep& step, const std::string& content, StepSystem system);
sys::Result<StepOutcome> perform(const transport::LinkStep& step, StepSystem system);
sys::Result<StepOutcome> perform(const transport::HostnameStep& step, StepSystem system);

// Whom the step depends on besides this node, "NFS server nfs1 (10.9.0.5)": for the message when it hangs. Empty: nobody.
std::string waits_for(const transport::Step& step);

// "mount proc on /proc", "copy 1234 bytes to /etc/passwd": for reports and the log.
std::string describe(const transport::Step& step);

}  // namespace setup
