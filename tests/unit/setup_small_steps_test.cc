// Mounts, directories, devices, links, modules, sysctls, names and clocks.
#include "tests/unit/setup_fixture.h"

using namespace setup;
using Node = StepNode;

TEST_CASE("a mount makes its target, and looks at nothing where something is mounted") {
  Node node;
  REQUIRE(perform(mount_step, node.system));
  REQUIRE(node.mounts.all().size() == 1);
  CHECK(node.mounts.all()[0].source == "10.9.0.1:/home");
  CHECK(node.mounts.all()[0].type == "nfs");
  CHECK(node.mounts.all()[0].options == "ro");
  CHECK(node.facts("/home").kind == sys::FileKind::directory);

  node.faults.calls.clear();
  REQUIRE(perform(mount_step, node.system));
  CHECK(node.faults.calls == std::vector<std::string>{"look for a mount on /home"});
}

TEST_CASE("a directory gets its owner and mode, also when it is there already") {
  Node node;
  node.files.put_directory("/a/b");
  const auto outcome = perform(directory_step, node.system);
  REQUIRE(outcome);
  CHECK(outcome->changed);
  CHECK(node.facts("/a/b").mode == 01777);
  CHECK(node.facts("/a/b").uid == 5);
  CHECK(node.facts("/a/b").gid == 6);
}

TEST_CASE("a device is made, given other owners, or takes the place of a wrong device") {
  Node node;
  REQUIRE(perform(device_step, node.system));
  CHECK(node.facts(device_path).kind == sys::FileKind::character_device);
  CHECK(node.facts(device_path).device_major == 10);
  CHECK(node.facts(device_path).device_minor == 200);

  auto other = device_step;
  other.devices[0].mode = 0600;
  REQUIRE(perform(other, node.system));
  CHECK(node.facts(device_path).mode == 0600);

  other.devices[0].block = true;
  other.devices[0].minor = 1;
  const auto outcome = perform(other, node.system);
  REQUIRE(outcome);
  CHECK(outcome->changed);
  CHECK(node.facts(device_path).kind == sys::FileKind::block_device);
  CHECK(node.facts(device_path).device_minor == 1);
}

TEST_CASE("a link in a directory's place is left, and whose it is is said") {
  Node node;
  node.files.put_directory("/a");
  node.files.put_link("/a/b", "/etc", 1000);
  const auto outcome = perform(directory_step, node.system);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().text().find("there is a symbolic link of uid 1000, which is left as it is") !=
        std::string::npos);
}

TEST_CASE("a directory that another user has made is not taken over, and stays as it is") {
  Node node;
  node.files.put_directory("/a");
  REQUIRE(node.files.make_directory("/a/b", {1000, 1000, 0777}));
  const auto outcome = perform(directory_step, node.system);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().text().find("there is one of uid 1000") != std::string::npos);
  CHECK(node.facts("/a/b").uid == 1000);
  CHECK(node.facts("/a/b").mode == 0777);

  REQUIRE(perform(transport::DirectoryStep{"/a/b", 0700, 1000, 6}, node.system));  // whose it is already
  CHECK(node.facts("/a/b").mode == 0700);
  CHECK(node.facts("/a/b").gid == 6);
}

TEST_CASE("what is mounted is unmounted, once") {
  Node node;
  const transport::UnmountStep step{"/home", true};
  CHECK_FALSE(perform(step, node.system)->changed);
  REQUIRE(perform(mount_step, node.system));
  CHECK(perform(step, node.system)->changed);
  CHECK(node.mounts.all().empty());
}

TEST_CASE("an overlay finds its directories made") {
  Node node;
  auto overlay = mount_step;
  overlay.directories = {"/run/upper", "/run/work"};
  REQUIRE(perform(overlay, node.system));
  CHECK(node.facts("/run/work").kind == sys::FileKind::directory);
}

TEST_CASE("sysctl writes what differs, whatever spaces the kernel shows") {
  Node node;
  node.files.put("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  node.files.put("/proc/sys/vm/swappiness", "60\n");
  transport::SysctlStep step{{{"net/ipv4/ip_local_port_range", "32768 60999"}}};
  CHECK_FALSE(perform(step, node.system)->changed);
  step.entries.push_back({"vm/swappiness", "10"});
  CHECK(perform(step, node.system)->changed);
  CHECK(node.files.content("/proc/sys/vm/swappiness") == "10");
  check_refused(performing(transport::SysctlStep{{{"../../etc/passwd", "x"}}}), nothing, "is no key");
  check_refused(performing(transport::SysctlStep{{{"vm/nothing", "1"}}}), nothing, "set sysctl vm/nothing to 1");
}

TEST_CASE("modules are loaded in order, those that the kernel has not") {
  Node node;
  node.files.put("/proc/modules", "libphy 1 0 - Live 0x0\nveth 2 0 - Live 0x0\n");
  const transport::ModuleStep step{
      {{"libphy", fakes::content_of("text"), ""}, {"e1000", fakes::content_of("text"), "debug=1"}}};
  CHECK(*survey(step, node.system, node.nothing_known) == Entries{1});
  REQUIRE(both_turns(step, node));
  REQUIRE(node.machine.modules.size() == 1);
  CHECK(node.machine.modules[0] == std::pair<std::string, std::string>{cached, "debug=1"});
}

TEST_CASE("a link that leads elsewhere is replaced, whatever a killed attempt has left") {
  Node node;
  node.files.put_directory("/a");
  node.files.put_link("/a/link", "/elsewhere");
  node.files.put_link("/a/.nodeinit-new-link", "/half");
  const auto outcome = perform(link_step, node.system);
  REQUIRE(outcome);
  CHECK(outcome->changed);
  CHECK(node.files.read_link("/a/link").value() == "../b");
  CHECK_FALSE(node.files.exists("/a/.nodeinit-new-link"));
}

TEST_CASE("the host name is set unless it is so already") {
  Node node;
  node.files.put("/proc/sys/kernel/hostname", "n3.cluster\n");
  const auto same = perform(hostname_step, node.system);
  REQUIRE(same);
  CHECK_FALSE(same->changed);
  CHECK(node.machine.hostname.empty());

  node.files.put("/proc/sys/kernel/hostname", "(none)\n");
  REQUIRE(perform(hostname_step, node.system));
  CHECK(node.machine.hostname == "n3.cluster");
}

TEST_CASE("a device that has other names is made anew rather than given to others") {
  Node node;
  node.files.put_directory("/dev/net");
  REQUIRE(node.files.make_device("/other", sys::FileKind::character_device, 10, 200, {.mode = 0600}));
  REQUIRE(node.files.hard_link("/other", device_path));
  REQUIRE(perform(device_step, node.system));
  CHECK(node.facts("/other").mode == 0600);
  CHECK(node.facts(device_path).mode == 0666);
}

TEST_CASE("the clock is set when it is wrong, and the hardware's after it") {
  Node node;
  const auto outcome = perform(time_step, node.system);
  REQUIRE(outcome);
  CHECK(node.clock.wall().time_since_epoch() == std::chrono::seconds(1'700'000'000));
  CHECK(node.hardware_clock.time == node.clock.wall());
  CHECK(outcome->remark.find("s slow; the hardware clock: it was 1700000000 s slow") != std::string::npos);

  auto close = time_step;
  close.wall_ns += 999'000'000;
  const auto again = perform(close, node.system);
  REQUIRE(again);
  CHECK_FALSE(again->changed);
  CHECK(node.clock.wall().time_since_epoch() == std::chrono::seconds(1'700'000'000));
}

TEST_CASE("the hardware's clock is left alone unless the step says so") {
  Node node;
  REQUIRE(perform(transport::TimeStep{time_step.wall_ns, false}, node.system));
  CHECK(node.faults.count("read the hardware clock") == 0);
}

TEST_CASE("in a container no clock is touched, and the step says why") {
  Node node;
  node.machine.container = true;
  const auto outcome = perform(time_step, node.system);
  REQUIRE(outcome);
  CHECK_FALSE(outcome->changed);
  CHECK(outcome->remark == "in a container the clock is the machine's");
  CHECK(node.faults.calls.empty());
}
