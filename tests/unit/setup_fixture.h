// A node in memory that steps are carried out on, and what tests of several kinds of step have in common.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "setup/step.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_content.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_hardware_clock.h"
#include "tests/fakes/fake_interfaces.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/fake_machine.h"
#include "tests/fakes/fake_mounts.h"
#include "tests/fakes/fake_sockets.h"

namespace setup {

struct SetupNode {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  fakes::FakeMounts mounts{faults};
  fakes::FakeMachine machine{faults};
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeSockets sockets{loop, faults};
  fakes::FakeLinks links{faults};
  fakes::FakeInterfaces interfaces{links, faults};
  fakes::FakeHardwareClock hardware_clock{faults};
  StepSystem system{files, mounts, machine, interfaces, sockets, clock, hardware_clock};

  sys::FileFacts facts(const std::string& path) { return files.facts(path)->value(); }
};

constexpr const char* cached = "/cache/content";  // where the one content is that a StepNode has

// With what the steps below need.
struct StepNode : SetupNode {
  std::unique_ptr<sys::Listener> nfs_server = *sockets.listen_tcp({0x0a090001, 2049}, 0);
  KnownFiles nothing_known{files, clock, ""};
  int eth1 = 0;

  StepNode() {
    files.put(cached, "text");
    eth1 = links.add_ethernet("eth1");
    faults = {};  // what was asked so far, none of it by a step
  }
};

using Perform = std::function<sys::Result<StepOutcome>(StepNode&)>;

template <class Step> Perform performing(const Step& step) {
  return [step](StepNode& node) { return perform(step, node.system); };
}
// Both turns, with all content in the cache already, where it stays.
template <class Step> sys::Result<StepOutcome> both_turns(const Step& step, StepNode& node, bool spare = false) {
  const auto which = survey(step, node.system, node.nothing_known);
  if (!which) return tl::unexpected(which.error());
  const Contents contents{[](const transport::ContentHash&) { return cached; },
                          [spare](const transport::ContentHash&) { return spare; }};
  return perform(step, *which, contents, node.system, node.nothing_known);
}
inline Perform copying(const transport::FileStep& step) {
  return [step](StepNode& node) { return both_turns(step, node); };
}
inline transport::FileStep as(const transport::FileStep& step, std::uint32_t mode) {
  auto other = step;
  other.entries[0].mode = mode;
  return other;
}

inline const transport::MountStep mount_step{"10.9.0.1:/home", "/home", "nfs", "ro", {}};
inline const transport::DirectoryStep directory_step{"/a/b", 01777, 5, 6};
inline const transport::DeviceStep device_step = transport::one_device("/dev/net/tun", false, 10, 200, 0666, 0, 5);
inline const std::string device_path = "/dev/net/tun";
inline const transport::FileStep file_step = transport::one_file("/etc/motd", fakes::content_of("text"), 0640, 1, 2);
inline const std::string file_path = "/etc/motd";
inline const transport::LinkStep link_step{"/a/link", "../b"};
inline const transport::HostnameStep hostname_step{"n3.cluster"};
inline const transport::InterfaceStep interface_step{"eth1", {},   0x0a0a0007,
                                                     16,     9000, {{0x0a140000, 16, 0x0a0a00fe}, {0, 0, 0x0a0a00fd}}};
inline const transport::TimeStep time_step{1'700'000'000'000'000'000, true};

inline void check_refused(const Perform& perform, const std::function<void(StepNode&)>& prepare,
                          const std::string& why) {
  StepNode node;
  prepare(node);
  const auto outcome = perform(node);
  REQUIRE_FALSE(outcome);
  CHECK_MESSAGE(outcome.error().text().find(why) != std::string::npos, outcome.error().text());
}
inline void nothing(StepNode&) {}

}  // namespace setup
