// Every kind of step: what it makes, that a second time changes nothing, what it refuses, and that it reports the
// failure of any call.
#include <doctest/doctest.h>

#include <functional>

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

using namespace setup;

namespace {

constexpr const char* cached = "/cache/content";

struct Node {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  fakes::FakeMounts mounts{faults};
  fakes::FakeMachine machine{faults};
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeSockets sockets{loop, faults};
  std::unique_ptr<sys::Listener> nfs_server = *sockets.listen_tcp({0x0a090001, 2049}, 0);
  fakes::FakeLinks links{faults};
  fakes::FakeInterfaces interfaces{links, faults};
  fakes::FakeHardwareClock hardware_clock{faults};
  StepSystem system{files, mounts, machine, interfaces, sockets, clock, hardware_clock};
  KnownFiles nothing_known{files, clock, ""};

  Node() {
    files.put(cached, "text");
    eth1 = links.add_ethernet("eth1");
    faults = {};  // what was asked so far, none of it by a step
  }
  int eth1 = 0;
  sys::FileFacts facts(const std::string& path) { return files.facts(path)->value(); }
};

using Perform = std::function<sys::Result<StepOutcome>(Node&)>;

template <class Step> Perform performing(const Step& step) {
  return [step](Node& node) { return perform(step, node.system); };
}
// Both turns, with all content in the cache already, where it stays.
template <class Step> sys::Result<StepOutcome> both_turns(const Step& step, Node& node, bool spare = false) {
  const auto which = survey(step, node.system, node.nothing_known);
  if (!which) return tl::unexpected(which.error());
  const Contents contents{[](const transport::ContentHash&) { return cached; },
                          [spare](const transport::ContentHash&) { return spare; }};
  return perform(step, *which, contents, node.system, node.nothing_known);
}
Perform copying(const transport::FileStep& step) {
  return [step](Node& node) { return both_turns(step, node); };
}
transport::FileStep as(const transport::FileStep& step, std::uint32_t mode) {
  auto other = step;
  other.entries[0].mode = mode;
  return other;
}

const transport::MountStep mount_step{"10.9.0.1:/home", "/home", "nfs", "ro", {}};
const transport::DirectoryStep directory_step{"/a/b", 01777, 5, 6};
const transport::DeviceStep device_step = transport::one_device("/dev/net/tun", false, 10, 200, 0666, 0, 5);
const std::string device_path = "/dev/net/tun";
const transport::FileStep file_step = transport::one_file("/etc/motd", fakes::content_of("text"), 0640, 1, 2);
const std::string file_path = "/etc/motd";
const transport::LinkStep link_step{"/a/link", "../b"};
const transport::HostnameStep hostname_step{"n3.cluster"};
const transport::InterfaceStep interface_step{"eth1", {},   0x0a0a0007,
                                              16,     9000, {{0x0a140000, 16, 0x0a0a00fe}, {0, 0, 0x0a0a00fd}}};
const transport::TimeStep time_step{1'700'000'000'000'000'000, true};

struct Case {
  const char* name;
  Perform perform;
  bool has_memory = true;  // what the step does can be seen, so that a second time finds it done
};
const Case all[] = {
    {"mount", performing(mount_step)},         {"directory", performing(directory_step)},
    {"device", performing(device_step)},       {"file", copying(file_step)},
    {"link", performing(link_step)},           {"hostname", performing(hostname_step), false},
    {"interface", performing(interface_step)}, {"time", performing(time_step)},
};

void check_refused(const Perform& perform, const std::function<void(Node&)>& prepare, const std::string& why) {
  Node node;
  prepare(node);
  const auto outcome = perform(node);
  REQUIRE_FALSE(outcome);
  CHECK_MESSAGE(outcome.error().text().find(why) != std::string::npos, outcome.error().text());
}
void nothing(Node&) {}

}  // namespace

TEST_CASE("a step is done once, and is no change the second time") {
  for (const Case& c : all) {
    CAPTURE(c.name);
    Node node;
    const auto first = c.perform(node);
    REQUIRE(first);
    CHECK(first->changed);
    const auto second = c.perform(node);
    REQUIRE(second);
    if (c.has_memory) CHECK_FALSE(second->changed);
  }
}

TEST_CASE("whatever call fails, a step reports it, and succeeds the next time") {
  for (const Case& c : all) {
    CAPTURE(c.name);
    for (int n = 1;; ++n) {
      Node node;
      node.faults.fail_at = n;
      const auto outcome = c.perform(node);
      if (!node.faults.fired()) break;
      // Without /proc a host name is set unseen; a hardware clock that shows no time is set; a file that stands may go
      // without being remembered.
      const std::string name = c.name;
      const bool unseen = (name == "hostname" && n == 1) || (name == "time" && n == 2);
      const bool stands = node.faults.count("copy ") == 1 && node.faults.calls.at(n - 1) == "look at /etc/motd";
      const bool may_go_on = unseen || stands;
      CHECK(outcome.has_value() == may_go_on);
      CHECK(c.perform(node));
    }
  }
}

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

TEST_CASE("a file is replaced when its content, its owner or its mode differs") {
  Node node;
  node.files.put(file_path, "TEXT");
  REQUIRE(both_turns(file_step, node));
  CHECK(node.files.content(file_path) == "text");
  CHECK(node.facts(file_path).mode == 0640);
  CHECK(node.facts(file_path).uid == 1);

  const auto outcome = both_turns(as(file_step, 0600), node);
  REQUIRE(outcome);
  CHECK(outcome->changed);
  CHECK(node.facts(file_path).mode == 0600);
}

TEST_CASE("a file that a user has put there, with the right content, is not the file that root has then") {
  const auto job = transport::one_file("/tmp/job.sh", fakes::content_of("text"), 0755);
  const std::string path = "/tmp/job.sh";
  for (const sys::Ownership& theirs : {sys::Ownership{1000, 1000, 0755}, sys::Ownership{0, 0, 0666}}) {
    CAPTURE(theirs.uid);
    Node node;
    node.files.put(path, "text");
    REQUIRE(node.files.set_owner(path, theirs));
    const auto planted = node.facts(path).inode;  // what they may have open
    REQUIRE(both_turns(job, node));
    const auto ours = node.facts(path);
    CHECK(ours.inode != planted);
    CHECK(ours.uid == 0);
    CHECK(ours.mode == 0755);
    CHECK_FALSE(both_turns(job, node)->changed);
    CHECK(node.facts(path).inode == ours.inode);
  }
}

TEST_CASE("a tree is made with its directories, links, times and what stands in the plan, and only what differs") {
  transport::FileStep tree;
  tree.entries = {{"/t", transport::DirectoryMark{}, 0750, 3, 4, 0},
                  {"/t/a", fakes::content_of("text"), 0600, 0, 0, 1'700'000'000'123'456'789},
                  {"/t/b", transport::TextContent{"inside"}, 0644, 0, 0, 0},
                  {"/t/l", transport::LinkTarget{"a"}, 0777, 0, 0, 5}};
  Node node;
  const auto all = survey(tree, node.system, node.nothing_known);
  REQUIRE(all);
  CHECK(*all == Entries{0, 1, 2, 3});
  REQUIRE(both_turns(tree, node));
  CHECK(node.facts("/t").mode == 0750);
  CHECK(node.facts("/t").uid == 3);
  CHECK(node.files.content("/t/a") == "text");
  CHECK(node.facts("/t/a").modified_ns == 1'700'000'000'123'456'789);
  CHECK(node.files.content("/t/b") == "inside");
  CHECK(node.files.read_link("/t/l").value() == "a");
  CHECK(survey(tree, node.system, node.nothing_known)->empty());

  tree.entries[2].what = transport::TextContent{"another"};
  CHECK(*survey(tree, node.system, node.nothing_known) == Entries{2});
  REQUIRE(node.files.set_modified("/t/a", 1));
  CHECK(*survey(tree, node.system, node.nothing_known) == Entries{1, 2});
  REQUIRE(node.files.remove("/t/l"));
  node.files.put_directory("/t/l");
  CHECK_FALSE(survey(tree, node.system, node.nothing_known));
}

TEST_CASE("content that nobody else needs is moved to its place, for the last that wants it") {
  for (const bool spare : {false, true}) {
    Node node;
    transport::FileStep twice;
    twice.entries = {{"/a", fakes::content_of("text"), 0600, 1, 2, 0},
                     {"/b", fakes::content_of("text"), 0644, 0, 0, 0}};
    REQUIRE(both_turns(twice, node, spare));
    CHECK(node.files.content("/a") == "text");
    CHECK(node.files.content("/b") == "text");
    CHECK(node.facts("/a").uid == 1);
    CHECK(node.files.exists(cached) != spare);
  }
}

TEST_CASE("content that a program has been placed from stays in the cache, and the program's file is no other") {
  Node node;
  REQUIRE(node.files.hard_link(cached, "/prog"));
  const auto step = transport::one_file("/etc/prog", fakes::content_of("text"), 0644);
  REQUIRE(both_turns(step, node, true));
  CHECK(node.files.exists(cached));
  CHECK(node.files.content("/etc/prog") == "text");
  CHECK(
      survey(transport::one_file("/prog", fakes::content_of("text"), 0644), node.system, node.nothing_known)->empty());
}

TEST_CASE("a directory of a tree may be a link of root's to one") {
  Node node;
  node.files.put_directory("/usr/lib");
  node.files.put_link("/lib", "usr/lib");
  transport::FileStep tree;
  tree.entries = {{"/lib", transport::DirectoryMark{}, 0755, 0, 0, 0},
                  {"/lib/a", transport::TextContent{"x"}, 0644, 0, 0, 0}};
  REQUIRE(both_turns(tree, node));
  CHECK(node.files.content("/usr/lib/a") == "x");
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

TEST_CASE("a file of another size is replaced, unread") {
  for (const char* older : {"", "te", "text and more"}) {
    Node node;
    node.files.put(file_path, older);
    REQUIRE(both_turns(file_step, node));
    CHECK(node.files.content(file_path) == "text");
    CHECK(node.faults.count("read") == 0);
  }
}

TEST_CASE("a file takes the place of a link, not of what the link leads to") {
  Node node;
  node.files.put("/other", "other");
  node.files.put_directory("/etc");
  node.files.put_link(file_path, "/other");
  REQUIRE(both_turns(file_step, node));
  CHECK(node.facts(file_path).kind == sys::FileKind::regular);
  CHECK(node.files.content("/other") == "other");
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

TEST_CASE("what a step does not own is left as it is") {
  const auto put_file = [](const char* path) { return [path](Node& node) { node.files.put(path, "mine"); }; };
  const auto put_directory = [](const char* path) { return [path](Node& node) { node.files.put_directory(path); }; };
  check_refused(performing(directory_step), put_file("/a/b"), "a regular file");
  check_refused(performing(device_step), put_file("/dev/net/tun"), "a regular file");
  check_refused(performing(link_step), put_directory("/a/link"), "a directory");
  check_refused(copying(file_step), put_directory("/etc/motd"), "a directory");
}

TEST_CASE("bad input is refused before anything is touched") {
  for (const auto& path : {std::string(), std::string("etc/motd"), std::string("/"), std::string("/etc/../motd"),
                           std::string("/etc//motd"), std::string("/etc/"), "/" + std::string(256, 'x')}) {
    CAPTURE(path);
    check_refused(performing(transport::MountStep{"none", path, "tmpfs", "", {}}), nothing, "path '");
    check_refused(performing(transport::DirectoryStep{path, 0755, 0, 0}), nothing, "path '");
    check_refused(performing(transport::one_device(path, false, 1, 3)), nothing, "path '");
    check_refused(copying(transport::one_file(path, fakes::content_of("text"))), nothing, "path '");
    check_refused(performing(transport::LinkStep{path, "x"}), nothing, "path '");
  }
  for (const auto& name : {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a\n")})
    check_refused(performing(transport::HostnameStep{name}), nothing, "hostname");
  check_refused(performing(transport::LinkStep{"/a", ""}), nothing, "no target");
  check_refused(performing(transport::LinkStep{"/a", std::string(4096, 'x')}), nothing, "its target is too long");
  check_refused(performing(transport::LinkStep{"/a", std::string("x\0y", 3)}), nothing, "zero byte");
  check_refused(performing(transport::one_device("/a", false, 4096, 0)), nothing, "4096:0");
  check_refused(performing(transport::one_device("/a", false, 0, 1u << 20)), nothing, "0:1048576");
}

TEST_CASE("a link that a user has made on the way of a step is not followed") {
  const auto plant = [](const char* path) { return [path](Node& node) { node.files.put_link(path, "/etc", 1000); }; };
  const std::string why = " is a link that uid 1000 has made";
  check_refused(performing(mount_step), plant("/home"), "/home" + why);
  check_refused(performing(transport::MountStep{"none", "/a/b/c", "tmpfs", "", {}}), plant("/a/b"), "/a/b" + why);
  check_refused(performing(directory_step), plant("/a"), "/a" + why);
  check_refused(performing(device_step), plant("/dev/net"), "/dev/net" + why);
  check_refused(performing(transport::LinkStep{"/a/link", "x"}), plant("/a"), "/a" + why);
  check_refused(copying(transport::one_file("/a/b/motd", fakes::content_of("text"))), plant("/a/b"), "/a/b" + why);
}

TEST_CASE("a file that has other names gets one of its own rather than another owner") {
  Node node;
  node.files.put("/other", "text", 0755);
  node.files.put_directory("/etc");
  REQUIRE(node.files.hard_link("/other", file_path));
  REQUIRE(both_turns(file_step, node));
  CHECK(node.facts("/other").mode == 0755);
  CHECK(node.facts(file_path).mode == 0640);
  CHECK(node.files.content(file_path) == "text");
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

TEST_CASE("a step says in words what it does") {
  const std::pair<decltype(transport::Step::action), const char*> cases[] = {
      {mount_step, "mount 10.9.0.1:/home on /home"},
      {transport::MountStep{"", "/proc", "proc", "", {}}, "mount proc on /proc"},
      {directory_step, "make directory /a/b"},
      {device_step, "make device /dev/net/tun (10:200)"},
      {file_step, "copy 4 bytes to /etc/motd"},
      {link_step, "link /a/link to ../b"},
      {hostname_step, "set the hostname to n3.cluster"},
      {transport::RunStep{"/bin/true", {"true"}, {}, {}}, "run /bin/true"},
      {transport::UnmountStep{"/x", false}, "unmount /x"},
      {transport::FileStep{{{"/a", transport::TextContent{"abc"}}, {"/b", transport::DirectoryMark{}}}},
       "copy 3 bytes in 2 entries, /a and 1 more"},
      {transport::SysctlStep{{{"vm/swappiness", "10"}}}, "set vm/swappiness to 10"},
      {transport::ModuleStep{{{"a", {}, ""}, {"b", {}, ""}}}, "load 2 modules: b"},
      {transport::ServiceStep{.program = "/sbin/x"}, "keep /sbin/x running"},
  };
  for (const auto& [action, text] : cases) {
    transport::Step step;
    step.action = action;
    CHECK(describe(step) == text);
  }
}

// ---------------------------------------------------------------- interfaces

namespace {

using Calls = std::vector<std::string>;

// The changes among what was asked of the kernel.
Calls changes(const Node& node) {
  Calls calls;
  for (const std::string& call : node.faults.calls)
    if (!call.starts_with("list ") && !call.starts_with("look at ")) calls.push_back(call);
  return calls;
}

}  // namespace

TEST_CASE("an interface is set up with all that the step says") {
  Node node;
  const auto outcome = perform(interface_step, node.system);
  REQUIRE(outcome);
  CHECK(outcome->remark ==
        "mtu 9000, up, 10.10.0.7/16, route 10.20.0.0/16 via 10.10.0.254, route default via 10.10.0.253");
  CHECK(changes(node) == Calls{"set mtu 9000 of 1", "set up link 1", "add address 10.10.0.7/16 on 1",
                               "route 10.20.0.0/16 via 10.10.0.254 on 1", "route 0.0.0.0/0 via 10.10.0.253 on 1"});
}

TEST_CASE("of an interface only what differs is changed") {
  Node node;
  REQUIRE(perform(interface_step, node.system));
  node.faults.calls.clear();
  REQUIRE(perform(interface_step, node.system));
  CHECK(changes(node) == Calls{});

  auto other = interface_step;
  other.routes[1].gateway = 0x0a0a00fc;
  other.mtu = 0;
  REQUIRE(perform(other, node.system));
  CHECK(changes(node) == Calls{"route 0.0.0.0/0 via 10.10.0.252 on 1"});

  node.faults.calls.clear();
  other.routes.clear();
  other.address++;
  const auto moved = perform(other, node.system);
  REQUIRE(moved);
  CHECK(moved->remark == "10.10.0.7/16 removed, 10.10.0.8/16");
  CHECK(changes(node) == Calls{"remove address 10.10.0.7/16 on 1", "add address 10.10.0.8/16 on 1"});
}

TEST_CASE("an interface is found by its hardware address") {
  Node node;
  auto step = interface_step;
  step.name.clear();
  step.mac = node.links.link(node.eth1).mac;
  REQUIRE(perform(step, node.system));
  CHECK(node.links.addresses == Calls{"10.10.0.7/16 on 1"});
}

TEST_CASE("an interface that is not there yet is an error, which may be tried again") {
  auto step = interface_step;
  step.name = "eth7";
  check_refused(performing(step), nothing, "there is no link eth7");
  step.name.clear();
  step.mac = {2, 0, 0, 0, 0, 9};
  check_refused(performing(step), nothing, "there is no link with address 02:00:00:00:00:09");
}

TEST_CASE("the address that the node has booted with is not touched") {
  Node node;
  REQUIRE(node.links.add_address(node.eth1, 0x0a090103, 16));
  node.system.boot_link = [&] { return node.eth1; };
  node.faults.calls.clear();
  const auto refused = perform(interface_step, node.system);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text() ==
        "eth1: the node has booted from it, and it keeps its address, which is not "
        "10.10.0.7/16: name another interface");
  CHECK(changes(node) == Calls{});

  // All else may be set, and the address may be named.
  for (const std::uint32_t address : {0u, 0x0a090103u}) {
    auto step = interface_step;
    step.address = address;
    step.mtu = 1400 + address % 2;
    REQUIRE(perform(step, node.system));
  }
  CHECK(node.links.addresses == Calls{"10.9.1.3/16 on 1"});
}

// ---------------------------------------------------------------- time

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
