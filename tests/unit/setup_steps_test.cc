// What holds for every kind of step: that a second time changes nothing, what it refuses, and that it reports the failure
// of any call.
#include "tests/unit/setup_fixture.h"

using namespace setup;
using Node = StepNode;

namespace {

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
