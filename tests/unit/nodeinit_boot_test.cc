// The phases before there is a front end.
#include <doctest/doctest.h>

#include <algorithm>

#include "nodeinit/base_system.h"
#include "nodeinit/invocation.h"
#include "tests/unit/nodeinit_fixture.h"

using namespace std::chrono_literals;

namespace {

bool mounted(const TestMachine& test, std::string_view type, std::string_view target) {
  const auto& all = test.mounts.all();
  return std::any_of(all.begin(), all.end(),
                     [&](const sys::MountSpec& mount) { return mount.type == type && mount.target == target; });
}

node::Invocation parse(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  return node::parse_invocation(arguments);
}

}  // namespace

TEST_CASE("boot: a machine has its devtmpfs, a container nodes of its own") {
  TestMachine machine;
  machine.boot();
  CHECK(mounted(machine, "proc", "/proc"));
  CHECK(mounted(machine, "devtmpfs", "/dev"));
  CHECK(mounted(machine, "devpts", "/dev/pts"));
  CHECK_FALSE(machine.files.exists("/dev/zero"));

  TestMachine container;
  container.machine.container = true;
  container.boot();
  CHECK(mounted(container, "tmpfs", "/dev"));
  CHECK_FALSE(mounted(container, "devtmpfs", "/dev"));
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/tty", "/dev/fd", "/dev/ptmx"}) {
    CHECK_MESSAGE(container.files.exists(path), path);
  }
}

TEST_CASE("boot: what is mounted already is left as it is, as after an emergency") {
  TestMachine test;
  REQUIRE(test.mounts.mount({.source = "proc", .target = "/proc", .type = "proc", .options = ""}));
  REQUIRE(test.mounts.mount({.source = "devtmpfs", .target = "/dev", .type = "devtmpfs", .options = ""}));
  test.boot();
  CHECK(test.faults.count("mount devtmpfs on /dev") == 1);
  CHECK(test.faults.count("mount proc on /proc") == 1);
}

TEST_CASE("boot: nobody but root may write to /, whatever the kernel or the image has made of it") {
  for (const std::uint32_t mode : {01777u, 0775u, 0755u, 0555u}) {
    TestMachine test;
    REQUIRE(test.files.set_owner("/", {.uid = 0, .gid = 0, .mode = mode}));
    test.boot();
    CHECK((*test.files.facts("/"))->mode == ((mode & 022) == 0 ? mode : 0755));
  }
}

TEST_CASE("boot: the console says who speaks and what is wrong in which source") {
  TestMachine test;
  test.files.put("/etc/nodeinit.toml", "[network]\nmethod = \"magic\"\n");
  test.files.put("/proc/cmdline", "quiet nodeinit.network.prefix=99 nodeinit.log.console=debug\n");
  test.boot({"splash", "front_end.port=0"});
  test.loop.run_until_idle();
  const std::string text = test.console_text();
  CHECK(text.find("nodeinit[  0.000]: nodeinit ") == 0);
  CHECK(text.find("/etc/nodeinit.toml:2: network.method = \"magic\"") != std::string::npos);
  CHECK(text.find("kernel command line: network.prefix = \"99\"") != std::string::npos);
  CHECK(text.find("argument: front_end.port = \"0\"") != std::string::npos);
  CHECK(text.find("argument \"splash\" ignored") != std::string::npos);
  CHECK(test.faults.count("set link") + test.links.watched() > 0);  // and the boot has gone on to the network
}

TEST_CASE("boot: stronger sources win") {
  TestMachine test;
  test.files.put("/etc/nodeinit.toml",
                 "[front_end]\nport = 1001\n[network]\nprefix = 20\n[boot]\nreboot_after = \"1s\"\n");
  test.files.put("/proc/cmdline", "nodeinit.front_end.port=1002 nodeinit.boot.reboot_after=0");
  test.serve_rarp();
  test.boot({"front_end.port=1003"});
  test.loop.advance(2s);
  CHECK(test.faults.count("connect to 10.9.0.1:1003") > 0);
  CHECK_FALSE(test.links.addresses.empty());
  CHECK(test.links.addresses.back().find("10.9.1.3/20") == 0);
  CHECK_FALSE(test.machine.powered);
}

TEST_CASE("boot: a container does not listen to the machine's kernel command line, nor speak to its log") {
  TestMachine test;
  test.machine.container = true;
  test.files.put("/proc/cmdline", "nodeinit.front_end.port=1002");
  test.serve_rarp();
  test.boot();
  test.loop.advance(2s);
  CHECK(test.faults.count("connect to 10.9.0.1:2223") > 0);
  CHECK(test.files.content("/dev/kmsg").empty());
  CHECK(test.faults.count("take over Ctrl-Alt-Del") == 0);
}

TEST_CASE("boot: modules are loaded before the network is looked for; not in a container") {
  for (const bool container : {false, true}) {
    TestMachine test;
    test.machine.container = container;
    test.files.put("/etc/nodeinit.toml", "[hardware]\nmodules = [\"virtio_net\"]\n");
    test.files.put("/lib/modules/6.1.0-fake/modules.dep", "virtio_net.ko: failover.ko\nfailover.ko:\n");
    test.boot();
    test.loop.run_until_idle();
    CHECK(test.machine.modules.size() == (container ? 0 : 2));
  }
}

TEST_CASE("boot: a worker that crashes or hangs over a module does not stop the boot") {
  for (const bool crashes : {false, true}) {
    TestMachine test;
    test.files.put("/etc/nodeinit.toml", "[hardware]\nmodules = [\"virtio_net\"]\n");
    if (crashes) {
      test.workers.die("modules", 11);
    } else {
      test.workers.hang_for_good("modules");
    }
    test.serve_rarp();
    test.boot();
    test.loop.advance(70s);
    CHECK(test.logged("modules: loading them broke down"));
    CHECK(test.faults.count("connect to") > 0);
  }
}

TEST_CASE("invocation: options and settings are told apart, and nothing is refused") {
  CHECK(parse({}).want == node::Invocation::Want::run);
  CHECK(parse({"a=b", "--help"}).want == node::Invocation::Want::help);
  CHECK(parse({"--version"}).want == node::Invocation::Want::version);
  CHECK(parse({"--restarts=1"}).restarts == 1);
  CHECK(parse({"--restarts=x"}).restarts == 2);  // a broken count must not make an endless loop
  CHECK(parse({"splash", "a=b"}).settings == std::vector<std::string>{"splash", "a=b"});
  CHECK(node::help_text().find("network.method=rarp|static") != std::string::npos);
}

TEST_CASE("the kernel's protections against planted links are on, where they are this node's to set") {
  for (const bool container : {false, true}) {
    TestMachine test;
    test.machine.container = container;
    test.files.put_directory("/proc/sys/fs");
    test.files.put("/proc/sys/fs/protected_hardlinks", "0");
    test.boot();
    test.loop.run_until_idle();
    CHECK(test.files.read("/proc/sys/fs/protected_hardlinks", 10).value() == (container ? "0" : "1"));
  }
}

TEST_CASE("users reach the programs below /run/nodeinit, and not what root keeps beside them") {
  TestMachine test;
  test.boot_and_join();
  CHECK(test.files.facts("/run/nodeinit").value()->mode == 0711);
}
