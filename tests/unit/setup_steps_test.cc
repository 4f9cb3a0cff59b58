// Every kind of step: what it makes, that a second time changes nothing, what it refuses, and that it reports the
// failure of any call.
#include <doctest/doctest.h>

#include <functional>

#include "setup/step.h"
#include "tests/fakes/fake_content.h"
#include "tests/fakes/fake_files.h"
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
  StepSystem system{files, mounts, machine, sockets};

  Node() {
    files.put(cached, "text");
    faults = {};  // what was asked so far, none of it by a step
  }
  sys::FileFacts facts(const std::string& path) { return files.facts(path)->value(); }
};

using Perform = std::function<sys::Result<StepOutcome>(Node&)>;

template <class Step> Perform performing(const Step& step) {
  return [step](Node& node) { return perform(step, node.system); };
}
Perform copying(const transport::FileStep& step) {
  return [step](Node& node) { return perform(step, cached, node.system); };
}

const transport::MountStep mount_step{"10.9.0.1:/home", "/home", "nfs", "ro"};
const transport::DirectoryStep directory_step{"/a/b", 01777, 5, 6};
const transport::DeviceStep device_step{"/dev/net/tun", false, 10, 200, 0666, 0, 5};
const transport::FileStep file_step{"/etc/motd", fakes::content_of("text"), 0640, 1, 2};
const transport::LinkStep link_step{"/a/link", "../b"};
const transport::HostnameStep hostname_step{"n3.cluster"};

struct Case {
  const char* name;
  Perform perform;
  bool has_memory = true;  // what the step does can be seen, so that a second time finds it done
};
const Case all[] = {
    {"mount", performing(mount_step)},   {"directory", performing(directory_step)},
    {"device", performing(device_step)}, {"file", copying(file_step)},
    {"link", performing(link_step)},     {"hostname", performing(hostname_step), false},
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
      // Without /proc a host name is set unseen.
      const bool may_go_on = std::string(c.name) == "hostname" && n == 1;
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
  CHECK(node.facts(device_step.path).kind == sys::FileKind::character_device);
  CHECK(node.facts(device_step.path).device_major == 10);
  CHECK(node.facts(device_step.path).device_minor == 200);

  auto other = device_step;
  other.mode = 0600;
  REQUIRE(perform(other, node.system));
  CHECK(node.facts(device_step.path).mode == 0600);

  other.block = true;
  other.minor = 1;
  const auto outcome = perform(other, node.system);
  REQUIRE(outcome);
  CHECK(outcome->changed);
  CHECK(node.facts(device_step.path).kind == sys::FileKind::block_device);
  CHECK(node.facts(device_step.path).device_minor == 1);
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
  node.files.put(file_step.path, "TEXT");
  REQUIRE(perform(file_step, cached, node.system));
  CHECK(node.files.content(file_step.path) == "text");
  CHECK(node.facts(file_step.path).mode == 0640);
  CHECK(node.facts(file_step.path).uid == 1);

  auto other = file_step;
  other.mode = 0600;
  const auto outcome = perform(other, cached, node.system);
  REQUIRE(outcome);
  CHECK(outcome->changed);
  CHECK(node.facts(file_step.path).mode == 0600);
}

TEST_CASE("a file that a user has put there, with the right content, is not the file that root has then") {
  const transport::FileStep job{"/tmp/job.sh", fakes::content_of("text"), 0755, 0, 0};
  for (const sys::Ownership& theirs : {sys::Ownership{1000, 1000, 0755}, sys::Ownership{0, 0, 0666}}) {
    CAPTURE(theirs.uid);
    Node node;
    node.files.put(job.path, "text");
    REQUIRE(node.files.set_owner(job.path, theirs));
    const auto planted = node.facts(job.path).inode;  // what they may have open
    REQUIRE(perform(job, cached, node.system));
    const auto ours = node.facts(job.path);
    CHECK(ours.inode != planted);
    CHECK(ours.uid == 0);
    CHECK(ours.mode == 0755);
    CHECK_FALSE(perform(job, cached, node.system)->changed);
    CHECK(node.facts(job.path).inode == ours.inode);
  }
}

TEST_CASE("a file of another size is replaced, unread") {
  for (const char* older : {"", "te", "text and more"}) {
    Node node;
    node.files.put(file_step.path, older);
    REQUIRE(perform(file_step, cached, node.system));
    CHECK(node.files.content(file_step.path) == "text");
    CHECK(node.faults.count("read") == 0);
  }
}

TEST_CASE("a file takes the place of a link, not of what the link leads to") {
  Node node;
  node.files.put("/other", "other");
  node.files.put_directory("/etc");
  node.files.put_link(file_step.path, "/other");
  REQUIRE(perform(file_step, cached, node.system));
  CHECK(node.facts(file_step.path).kind == sys::FileKind::regular);
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
    check_refused(performing(transport::MountStep{"none", path, "tmpfs", ""}), nothing, "path '");
    check_refused(performing(transport::DirectoryStep{path, 0755, 0, 0}), nothing, "path '");
    check_refused(performing(transport::DeviceStep{path, false, 1, 3, 0666, 0, 0}), nothing, "path '");
    check_refused(copying({path, file_step.content, 0644, 0, 0}), nothing, "path '");
    check_refused(performing(transport::LinkStep{path, "x"}), nothing, "path '");
  }
  for (const auto& name : {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a\n")})
    check_refused(performing(transport::HostnameStep{name}), nothing, "hostname");
  check_refused(performing(transport::LinkStep{"/a", ""}), nothing, "no target");
  check_refused(performing(transport::LinkStep{"/a", std::string(4096, 'x')}), nothing, "its target is too long");
  check_refused(performing(transport::LinkStep{"/a", std::string("x\0y", 3)}), nothing, "zero byte");
  check_refused(performing(transport::DeviceStep{"/a", false, 4096, 0, 0, 0, 0}), nothing, "4096:0");
  check_refused(performing(transport::DeviceStep{"/a", false, 0, 1u << 20, 0, 0, 0}), nothing, "0:1048576");
}

TEST_CASE("a link that a user has made on the way of a step is not followed") {
  const auto plant = [](const char* path) { return [path](Node& node) { node.files.put_link(path, "/etc", 1000); }; };
  const std::string why = " is a link that uid 1000 has made";
  check_refused(performing(mount_step), plant("/home"), "/home" + why);
  check_refused(performing(transport::MountStep{"none", "/a/b/c", "tmpfs", ""}), plant("/a/b"), "/a/b" + why);
  check_refused(performing(directory_step), plant("/a"), "/a" + why);
  check_refused(performing(device_step), plant("/dev/net"), "/dev/net" + why);
  check_refused(performing(transport::LinkStep{"/a/link", "x"}), plant("/a"), "/a" + why);
  check_refused(copying({"/a/b/motd", file_step.content, 0644, 0, 0}), plant("/a/b"), "/a/b" + why);
}

TEST_CASE("a file that has other names gets one of its own rather than another owner") {
  Node node;
  node.files.put("/other", "text", 0755);
  node.files.put_directory("/etc");
  REQUIRE(node.files.hard_link("/other", file_step.path));
  REQUIRE(perform(file_step, cached, node.system));
  CHECK(node.facts("/other").mode == 0755);
  CHECK(node.facts(file_step.path).mode == 0640);
  CHECK(node.files.content(file_step.path) == "text");
}

TEST_CASE("a device that has other names is made anew rather than given to others") {
  Node node;
  node.files.put_directory("/dev/net");
  REQUIRE(node.files.make_device("/other", sys::FileKind::character_device, 10, 200, {.mode = 0600}));
  REQUIRE(node.files.hard_link("/other", device_step.path));
  REQUIRE(perform(device_step, node.system));
  CHECK(node.facts("/other").mode == 0600);
  CHECK(node.facts(device_step.path).mode == 0666);
}

TEST_CASE("a step says in words what it does") {
  const std::pair<decltype(transport::Step::action), const char*> cases[] = {
      {mount_step, "mount 10.9.0.1:/home on /home"},
      {transport::MountStep{"", "/proc", "proc", ""}, "mount proc on /proc"},
      {directory_step, "make directory /a/b"},
      {device_step, "make character device /dev/net/tun (10:200)"},
      {file_step, "copy 4 bytes to /etc/motd"},
      {link_step, "link /a/link to ../b"},
      {hostname_step, "set the hostname to n3.cluster"},
      {transport::RunStep{"/bin/true", {"true"}, {}, {}}, "run /bin/true"},
  };
  for (const auto& [action, text] : cases) {
    transport::Step step;
    step.action = action;
    CHECK(describe(step) == text);
  }
}
