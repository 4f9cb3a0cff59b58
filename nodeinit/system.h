// The kernel as nodeinit is handed it by main(): the interfaces of sys/, real ones or the tests'.
#pragma once

#include <functional>
#include <memory>

#include "crypto/random.h"
#include "sys/cgroups.h"
#include "sys/children.h"
#include "sys/files.h"
#include "sys/hardware_clock.h"
#include "sys/interfaces.h"
#include "sys/links.h"
#include "sys/loop.h"
#include "sys/machine.h"
#include "sys/mounts.h"
#include "sys/packet.h"
#include "sys/shutdown.h"
#include "sys/spawn.h"
#include "sys/stream.h"
#include "sys/worker.h"

namespace node {

struct System {
  sys::Loop& loop;
  sys::Files& files;
  sys::Mounts& mounts;
  sys::Machine& machine;
  sys::Shutdown& shutdown;
  sys::Links& links;
  sys::Interfaces& interfaces;
  sys::HardwareClock& hardware_clock;
  sys::Packets& packets;
  sys::Sockets& sockets;
  sys::Children& children;
  sys::Workers& workers;
  sys::Spawner& spawner;
  sys::Cgroups& cgroups;
  // The console as it is now; asked again when /dev has been mounted.
  std::function<sys::Result<std::unique_ptr<sys::Stream>>()> open_console;

  std::function<std::uint64_t()> random() const {
    return [&from = machine] { return from.random(); };
  }
  crypto::Random random_key() const {
    return [&from = machine](std::span<std::uint8_t> bytes) { return from.random_key(bytes); };
  }
};

}  // namespace node
