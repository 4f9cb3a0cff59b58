#include "frontend/nodemaster/configuration.h"

#include <doctest/doctest.h>

#include <fstream>

#include "frontend/nodemaster/check_configuration.h"
#include "frontend/nodemaster/keygen.h"
#include "sys/limits.h"
#include "sys/stream.h"
#include "tests/unit/temporary_directory.h"

namespace {

using namespace std::chrono_literals;

const std::string good_cluster = R"(name = "lab"
[front_end]
interface = "br0"
address = "10.9.0.1"
[[nodes]]
range = "0-15"
mac = "52:54:00:09:00:00"
address = "10.9.1.0"
[[nodes]]
node = 16
mac = "52:54:00:aa:bb:cc"
address = "10.9.2.1"
name = "io"
)";

// A configuration in a directory of its own.
struct Files {
  fakes::TemporaryDirectory directory;
  sys::KernelFiles files;
  frontend::Problems problems;

  Files() {
    const auto random = [](std::span<std::uint8_t> bytes) -> sys::Status {
      std::fill(bytes.begin(), bytes.end(), std::uint8_t{7});
      return {};
    };
    REQUIRE(frontend::make_keys(files, random, directory / "keys", true));
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(directory / name) << text; }
  frontend::Configuration load() { return frontend::load_configuration(files, directory / "cluster.toml", problems); }
  // All problems, without the directory.
  std::string report() {
    std::string text;
    for (const frontend::Problem& problem : problems.sorted())
      text += problem.text_with_weight() + "\n";
    for (auto at = text.find(directory.path()); at != text.npos; at = text.find(directory.path())) {
      text.erase(at, directory.path().size() + 1);
    }
    return text;
  }
};

std::string problems_of(const std::string& cluster, const std::string& plan = "") {
  Files files;
  files.write("cluster.toml", cluster);
  if (!plan.empty()) files.write("node_up.toml", plan);
  (void)files.load();
  return files.report();
}

// A problem that a file has: where, and words of its reason.
struct Bad {
  std::string text;
  std::string place;
  std::string reason;
};

void check_bad(const std::string& report, const Bad& bad) {
  CAPTURE(bad.text);
  CAPTURE(report);
  const auto at = report.find(bad.place + ": ");
  REQUIRE(at != std::string::npos);
  const std::string line = report.substr(at, report.find('\n', at) - at);
  CHECK(line.find(bad.reason) != std::string::npos);
}

TEST_CASE("a configuration is read whole") {
  Files files;
  files.write("cluster.toml", good_cluster + "[heartbeat]\ninterval = \"2s\"\nsilence_limit = \"9s\"\n");
  const auto configuration = files.load();
  CHECK(files.report() == "");
  CHECK(configuration.name == "lab");
  CHECK(configuration.interface == "br0");
  CHECK(configuration.port == 2223);
  CHECK(configuration.control_socket == "/run/nodemaster/control.sock");
  CHECK(configuration.ping_interval == 2s);
  CHECK(configuration.silence_limit == 9s);
  REQUIRE(configuration.nodes.size() == 17);
  CHECK(configuration.nodes[15].name == "n15");
  CHECK(sys::format_mac(configuration.nodes[15].mac) == "52:54:00:09:00:0f");
  CHECK(sys::format_ip(configuration.nodes[15].address) == "10.9.1.15");
  CHECK(configuration.nodes[16].name == "io");
}

TEST_CASE("the group of admins is looked up") {
  Files files;
  files.write("cluster.toml", "[front_end]\nadmin_group = \"root\"\n" + good_cluster.substr(25));
  const auto configuration = files.load();
  CHECK(files.report() == "");
  CHECK(configuration.admin_group == frontend::AdminGroup{"root", 0});
  files.write("cluster.toml", good_cluster);
  CHECK_FALSE(files.load().admin_group);
}

TEST_CASE("nodes have an owner, a group and a mode; by default they are the admins'") {
  Files files;
  const std::string head = "[front_end]\nadmin_group = \"daemon\"\nstate = \"/srv/nm\"\n" + good_cluster.substr(25);
  files.write("cluster.toml", head + "owner = \"1000\"\ngroup = \"root\"\nmode = \"0777\"\n");
  const auto configuration = files.load();
  CHECK(configuration.state == "/srv/nm");
  const std::uint32_t daemon = configuration.admin_group->gid;
  CHECK(configuration.nodes[0].rights == frontend::NodeRights{0, daemon, 0110});
  CHECK(configuration.nodes[16].rights == frontend::NodeRights{1000, 0, 0111});
  CHECK(files.report() == "cluster.toml:17: warning: mode: only the execute bits (0111) count\n");
}

TEST_CASE("MACs of a range count over byte borders") {
  Files files;
  files.write("cluster.toml",
              "[front_end]\ninterface=\"br0\"\naddress=\"10.9.0.1\"\n[[nodes]]\nrange=\"0-1022\"\n"
              "mac=\"52:54:00:09:00:ff\"\naddress=\"10.9.1.0\"\n");
  const auto configuration = files.load();
  CHECK(files.report() == "");
  REQUIRE(configuration.nodes.size() == 1023);
  CHECK(sys::format_mac(configuration.nodes[1].mac) == "52:54:00:09:01:00");
  CHECK(sys::format_ip(configuration.nodes[1022].address) == "10.9.4.254");
}

TEST_CASE("what is wrong in cluster.toml is told with its line") {
  const Bad table[] = {
      {good_cluster + "colour = 1\n", "cluster.toml:14", "unknown key 'colour' in [[nodes]]"},
      {"colour = 1\n" + good_cluster, "cluster.toml:1", "unknown key 'colour' in the file"},
      {"name = \"lab\\u001b[2J\"\n" + good_cluster.substr(13), "cluster.toml:1",
       "name: must have at most 4095 bytes, and no"},
      {"name = \"lab\\u009b2J\"\n" + good_cluster.substr(13), "cluster.toml:1", "no control characters"},
      {"name = \"\"\n" + good_cluster.substr(13), "cluster.toml:1", "name: must have 1 to 64 bytes"},
      {"name = \"" + std::string(65, 'n') + "\"\n" + good_cluster.substr(13), "cluster.toml:1",
       "must have 1 to 64 bytes"},
      {"name = 7\n" + good_cluster.substr(13), "cluster.toml:1", "name: must be a string"},
      {"[front_end]\naddress = \"10.9.0.1\"\n", "cluster.toml:1", "[front_end] needs 'interface'"},
      {"[front_end]\ninterface = \"br0\"\naddress = \"10.9.0\"\n", "cluster.toml:3", "no IPv4 address"},
      {"[front_end]\ninterface = \"br0\"\naddress = \"224.0.0.1\"\n", "cluster.toml:3", "cannot be an address"},
      {"[front_end]\ninterface = \"br0\"\naddress = \"10.9.0.1\"\nport = 70000\n", "cluster.toml:4", "from 1 to 65535"},
      {"name = \"x\"\n", "cluster.toml:1", "needs 'front_end'"},
      {"name = \"x\n", "cluster.toml:1", "string"},
      {good_cluster + "[[nodes]]\nnode = 3\nmac = \"52:54:00:00:00:01\"\naddress = \"10.9.3.1\"\n", "cluster.toml:15",
       "second with that number"},
      {good_cluster + "[[nodes]]\nnode = 17\nmac = \"52:54:00:09:00:03\"\naddress = \"10.9.3.1\"\n", "cluster.toml:16",
       "node 17 would be the second with 52:54:00:09:00:03; node 3 has it"},
      {good_cluster + "[[nodes]]\nnode = 17\nmac = \"52:54:00:00:00:01\"\naddress = \"10.9.1.3\"\n", "cluster.toml:17",
       "second with 10.9.1.3; node 3 has it"},
      {good_cluster + "[[nodes]]\nnode = 17\nmac = \"52:54:00:00:00:01\"\naddress = \"10.9.0.1\"\n", "cluster.toml:17",
       "the front end has it"},
      {good_cluster + "[[nodes]]\nnode = 17\nmac = \"53:54:00:00:00:01\"\naddress = \"10.9.3.1\"\n", "cluster.toml:16",
       "group address"},
      {good_cluster + "[[nodes]]\nnode = 17\nmac = \"52:54:00:00:00\"\naddress = \"10.9.3.1\"\n", "cluster.toml:16",
       "no MAC address"},
      {good_cluster + "[[nodes]]\nmac = \"52:54:00:00:00:01\"\naddress = \"10.9.3.1\"\n", "cluster.toml:14",
       "needs either 'node' or 'range'"},
      {good_cluster + "[[nodes]]\nrange = \"20-18\"\nmac = \"52:54:00:00:00:01\"\naddress = \"10.9.3.1\"\n",
       "cluster.toml:15", "no range"},
      {good_cluster +
           "[[nodes]]\nrange = \"20-21\"\nmac = \"52:54:00:00:00:01\"\naddress = \"10.9.3.1\"\nname = \"x\"\n",
       "cluster.toml:18", "needs {node} in the name"},
      {"[front_end]\nadmin_group = \"no-such-group\"\n" + good_cluster.substr(25), "cluster.toml:2",
       "admin_group: there is no group 'no-such-group'"},
      {"[front_end]\nadmin_group = 0\n" + good_cluster.substr(25), "cluster.toml:2", "admin_group: must be a string"},
      {good_cluster + "owner = \"no-such-user\"\n", "cluster.toml:14", "there is no owner 'no-such-user'"},
      {good_cluster + "mode = \"rwx\"\n", "cluster.toml:14", "is no octal mode"},
      {"[front_end]\nstate = \"var\"\n" + good_cluster.substr(25), "cluster.toml:2", "must be an absolute path"},
      {good_cluster + "[heartbeat]\ninterval = \"5 parsecs\"\n", "cluster.toml:15", "is no duration"},
      {good_cluster + "[heartbeat]\ninterval = \"30s\"\n", "cluster.toml:14", "must be longer than the interval"},
      {good_cluster + "[node_up]\nplan = \"elsewhere.toml\"\n", "cluster.toml:15", "there is no file"},
      {good_cluster + "[node_up]\nhooks = \"elsewhere.d\"\n", "cluster.toml:15", "No such file"},
      {good_cluster + "[node_up]\ndown_hooks = \"elsewhere.d\"\n", "cluster.toml:15", "No such file"},
      {good_cluster + "[node_up]\nhook_timeout = \"0s\"\n", "cluster.toml:15", "hook_timeout"},
      {good_cluster + "[node_up]\nhooks_at_once = 0\n", "cluster.toml:15", "hooks_at_once"},
      {good_cluster + "[[node_up]]\n", "cluster.toml:14", "must be a table"},
  };
  for (const Bad& bad : table)
    check_bad(problems_of(bad.text), bad);
}

TEST_CASE("no text that is printed can have control characters") {
  const std::string front_end = "[front_end]\ninterface = \"br0\"\naddress = \"10.9.0.1\"\n";
  const std::vector<std::string> texts = {"name = \"%\"\n" + front_end,
                                          front_end + "control_socket = \"/run/%\"\n",
                                          front_end + "admin_group = \"%\"\n",
                                          front_end + "[security]\nkeys = \"%\"\n",
                                          front_end + "[node_up]\nplan = \"%\"\n",
                                          front_end + "[node_up]\nhooks = \"%\"\n",
                                          "[front_end]\naddress = \"10.9.0.1\"\ninterface = \"%\"\n"};
  for (const std::string& text : texts) {
    std::string hostile = text;
    hostile.replace(text.find('%'), 1, "a\\u001b[31mb");
    const std::string report = problems_of(hostile);
    CAPTURE(hostile);
    CAPTURE(report);
    CHECK(report.find("no control characters") != std::string::npos);
    CHECK(report.find('\x1b') == std::string::npos);
  }
  // What is not a value is shown, and made fit for that.
  CHECK(problems_of("\"a\\u001b[31mb\" = 1\n" + front_end).find('\x1b') == std::string::npos);
  // Arguments of programs are as they are.
  const std::string plan =
      "[[step]]\nkind = \"run\"\ncommand = [\"/bin/sh\", \"-c\", \"a\\nb\\tc\"]\nwhere = \"front-end\"\n";
  CHECK(problems_of(good_cluster, plan) == "");
}

TEST_CASE("all problems are told, not only the first") {
  const std::string report = problems_of(
      "surprise = 1\n[front_end]\nport = 0\n[[nodes]]\nnode = \"three\"\n[heartbeat]\ninterval = 5\nbeat = true\n");
  for (const char* reason :
       {"unknown key 'surprise'", "needs 'interface'", "needs 'address'", "port: is 0", "node: must be a whole number",
        "needs 'mac'", "interval: must be", "unknown key 'beat'"}) {
    CAPTURE(report);
    CHECK_MESSAGE(report.find(reason) != std::string::npos, reason);
  }
}

TEST_CASE("suspicious values are warnings, and the configuration is good") {
  Files files;
  files.write("cluster.toml", good_cluster + "[heartbeat]\ninterval = \"5s\"\nsilence_limit = \"6s\"\n");
  (void)files.load();
  CHECK_FALSE(files.problems.errors());
  CHECK(files.problems.warnings() == 1);
  CHECK(files.report().find("cluster.toml:16: warning: silence_limit") == 0);
}

TEST_CASE("a hook that cannot run is suspicious") {
  Files files;
  files.write("cluster.toml", good_cluster);
  std::filesystem::create_directory(files.directory / "node_up.d");
  files.write("node_up.d/10-dns", "#!/bin/sh\n");
  files.write("node_up.d/README", "hooks\n");
  const frontend::HookSettings hooks = files.load().hooks;
  CHECK(hooks.up == files.directory / "node_up.d");
  CHECK(hooks.down.empty());
  CHECK(hooks.limit == std::chrono::seconds(60));
  CHECK(hooks.at_once == 16);
  CHECK_FALSE(files.problems.errors());
  CHECK(files.problems.warnings() == 1);
  CHECK(files.report().find("10-dns is not executable") != std::string::npos);
}

TEST_CASE("the hooks' directories and limits are what the configuration says") {
  Files files;
  for (const char* name : {"come.d", "go.d"})
    std::filesystem::create_directory(files.directory / name);
  files.write("cluster.toml", good_cluster +
                                  "[node_up]\nhooks = \"come.d\"\ndown_hooks = \"go.d\"\n"
                                  "hook_timeout = \"5m\"\nhooks_at_once = 3\n");
  const frontend::HookSettings hooks = files.load().hooks;
  CHECK(files.report() == "");
  CHECK(hooks.up == files.directory / "come.d");
  CHECK(hooks.down == files.directory / "go.d");
  CHECK(hooks.limit == std::chrono::minutes(5));
  CHECK(hooks.at_once == 3);
}

TEST_CASE("a plan is read with its defaults") {
  Files files;
  files.write("cluster.toml", good_cluster);
  files.write("motd", "hello\n");
  files.write("node_up.toml", R"([[step]]
kind = "mount"
type = "tmpfs"
target = "/tmp"
options = "size=64m"
[[step]]
kind = "file"
source = "motd"
path = "/etc/motd"
mode = "0600"
owner = "1000:100"
nodes = "0-3,io"
timeout = "1500ms"
retries = 2
on_failure = "continue"
[[step]]
kind = "hostname"
[[step]]
kind = "run"
name = "register"
command = ["/bin/sh", "-c", "true"]
where = "front-end"
)");
  const auto configuration = files.load();
  CHECK(files.report() == "");
  REQUIRE(configuration.plan.size() == 4);
  const auto& mount = configuration.plan[0];
  CHECK(mount.step.name == "mount /tmp");
  CHECK(mount.step.timeout_ms == 30000);
  CHECK_FALSE(mount.nodes);
  CHECK(std::get<transport::MountStep>(mount.step.action).source == "tmpfs");
  const auto& file = configuration.plan[1];
  CHECK(file.step.index == 1);
  const auto& need = std::get<frontend::FileNeed>(file.need);
  CHECK(need.source == files.directory / "motd");
  CHECK(file.step.timeout_ms == 1500);
  CHECK(file.step.retries == 2);
  CHECK(file.step.on_failure == transport::OnFailure::go_on);
  CHECK(*file.nodes == std::vector<transport::NodeNumber>{0, 1, 2, 3, 16});
  CHECK(need.mode == 0600);
  CHECK(need.owner->uid == 1000);
  CHECK(need.owner->gid == 100);
  CHECK(mount.step.after.empty());
  CHECK(file.step.after == std::vector<std::uint32_t>{0});
  CHECK(configuration.plan[3].on_front_end);
}

TEST_CASE("a plan says what its steps wait for, and how long all of it may take") {
  Files files;
  files.write("cluster.toml", good_cluster);
  files.write("node_up.toml", R"(time_limit = "2m"
[[step]]
kind = "sysctl"
name = "late"
set = {"vm.swappiness" = 10, "net/ipv4/conf/eth0.1/forwarding" = true}
after = ["early"]
[[step]]
kind = "device"
name = "early"
set = ["null", "console"]
after = []
[[step]]
kind = "file"
path = "/etc/hosts"
content = "{address} {name}"
)");
  const auto configuration = files.load();
  CHECK(files.report() == "");
  CHECK(configuration.plan_limit == std::chrono::minutes(2));
  REQUIRE(configuration.plan.size() == 3);
  CHECK(configuration.plan[0].step.name == "early");
  const auto& devices = std::get<transport::DeviceStep>(configuration.plan[0].step.action).devices;
  REQUIRE(devices.size() == 2);
  CHECK(devices[1].path == "/dev/console");
  CHECK(devices[1].mode == 0600);
  CHECK(configuration.plan[1].step.name == "late");
  CHECK(configuration.plan[1].step.after == std::vector<std::uint32_t>{0});
  const auto& keys = std::get<transport::SysctlStep>(configuration.plan[1].step.action).entries;
  CHECK(keys.at(0).key == "net/ipv4/conf/eth0.1/forwarding");
  CHECK(keys.at(0).value == "1");
  CHECK(keys.at(1).key == "vm/swappiness");
  CHECK(keys.at(1).value == "10");
  CHECK(configuration.plan[2].step.after == std::vector<std::uint32_t>{1});
  CHECK(configuration.plan[2].step.timeout_ms == 300000);
}

TEST_CASE("steps whose effect lasts are read with their defaults") {
  Files files;
  files.write("cluster.toml", good_cluster);
  files.write("node_up.toml", R"([[step]]
kind = "limits"
set = { nofile = 65536, memlock = "unlimited", core = "0:unlimited", stack = "8m:1g" }
[[step]]
kind = "service"
name = "syslog"
command = ["/bin/sh", "-c", "exec sleep 1000"]
environment = { NODE = "{node}", LEVEL = 3 }
owner = "5:6"
restart = "on-failure"
[[step]]
kind = "service"
command = ["/bin/sh"]
[[step]]
kind = "time"
hardware = true
)");
  const auto configuration = files.load();
  CHECK(files.report() == "");
  REQUIRE(configuration.plan.size() == 4);
  const auto& limits = std::get<transport::LimitsStep>(configuration.plan[0].step.action).limits;
  std::string words;
  for (const transport::LimitEntry& limit : limits)
    words += sys::describe({limit.resource, limit.soft, limit.hard}) + ", ";
  CHECK(words == "core 0:unlimited, memlock unlimited, nofile 65536, stack 8388608:1073741824, ");
  const auto& service = std::get<transport::ServiceStep>(configuration.plan[1].step.action);
  CHECK(service.program == "/bin/sh");
  CHECK(service.arguments.size() == 3);
  CHECK(service.environment == std::vector<std::string>{"LEVEL=3", "NODE={node}"});
  CHECK(service.uid == 5);
  CHECK(service.gid == 6);
  CHECK(service.restart == transport::Restart::on_failure);
  CHECK(std::holds_alternative<frontend::ProgramNeed>(configuration.plan[1].need));
  CHECK(configuration.plan[2].step.name == "service /bin/sh");
  CHECK(std::get<transport::ServiceStep>(configuration.plan[2].step.action).restart == transport::Restart::always);
  CHECK(std::get<transport::TimeStep>(configuration.plan[3].step.action).hardware);
}

TEST_CASE("interfaces are read with their addresses and routes") {
  Files files;
  files.write("cluster.toml", good_cluster);
  files.write("node_up.toml", R"([[step]]
kind = "interface"
interface = "eth1"
first_address = "10.10.0.0/24"
nodes = "1-16"
mtu = 9000
routes = ["10.20.0.0/16 via 10.10.0.254", "default via 10.10.0.253"]
[[step]]
kind = "interface"
mac = "52:54:00:10:00:03"
address = "10.11.0.7/31"
nodes = "3"
retries = 2
)");
  const auto configuration = files.load();
  CHECK(files.report() == "");
  REQUIRE(configuration.plan.size() == 2);
  const auto& first = std::get<transport::InterfaceStep>(configuration.plan[0].step.action);
  CHECK(configuration.plan[0].step.name == "interface eth1");
  CHECK(configuration.plan[0].step.retries == 30);
  CHECK(configuration.plan[0].counts_up);
  CHECK(first.name == "eth1");
  CHECK(first.address == 0x0a0a0000);
  CHECK(first.prefix == 24);
  CHECK(first.mtu == 9000);
  REQUIRE(first.routes.size() == 2);
  CHECK(first.routes[0].destination == 0x0a140000);
  CHECK(first.routes[0].prefix == 16);
  CHECK(first.routes[0].gateway == 0x0a0a00fe);
  CHECK(first.routes[1].prefix == 0);
  const auto& second = std::get<transport::InterfaceStep>(configuration.plan[1].step.action);
  CHECK(configuration.plan[1].step.name == "interface 52:54:00:10:00:03");
  CHECK(configuration.plan[1].step.retries == 2);
  CHECK_FALSE(configuration.plan[1].counts_up);
  CHECK(second.name == "");
  CHECK(second.address == 0x0a0b0007);
}

TEST_CASE("what is wrong in steps of newer kinds is told with its line") {
  const std::string interface = "[[step]]\nkind = \"interface\"\ninterface = \"eth1\"\n";
  const std::string limits = "[[step]]\nkind = \"limits\"\n";
  const std::string service = "[[step]]\nkind = \"service\"\ncommand = [\"/bin/sh\"]\n";
  const Bad table[] = {
      {"[[step]]\nkind = \"interface\"\nmtu = 1500\n", "node_up.toml:1", "either 'interface' or 'mac'"},
      {interface + "mac = \"52:54:00:10:00:03\"\n", "node_up.toml:3", "either 'interface' or 'mac'"},
      {"[[step]]\nkind = \"interface\"\ninterface = \"a/b\"\n", "node_up.toml:3", "is no name of a network link"},
      {"[[step]]\nkind = \"interface\"\ninterface = \"lo\"\n", "node_up.toml:3", "is no name of a network link"},
      {interface + "address = \"10.10.0.7\"\nnodes = \"3\"\n", "node_up.toml:4", "write it like \"10.10.0.7/16\""},
      {interface + "address = \"10.10.0.7/33\"\nnodes = \"3\"\n", "node_up.toml:4", "write it like"},
      {interface + "address = \"10.10.0.0/16\"\nnodes = \"3\"\n", "node_up.toml:4",
       "10.10.0.0/16, for n3, is the network's own address"},
      {interface + "address = \"10.10.255.255/16\"\nnodes = \"3\"\n", "node_up.toml:4", "broadcast address"},
      {interface + "address = \"224.0.0.7/16\"\nnodes = \"3\"\n", "node_up.toml:4", "is no address of a machine"},
      {interface + "address = \"10.10.0.7/16\"\n", "node_up.toml:4", "the step is for several"},
      {interface + "address = \"10.10.0.7/16\"\nfirst_address = \"10.10.0.1/16\"\n", "node_up.toml:5",
       "stands beside 'address'"},
      {interface + "first_address = \"10.10.0.0/16\"\n", "node_up.toml:4",
       "10.10.0.0/16, for n0, is the network's own"},
      {interface + "first_address = \"10.10.0.245/24\"\n", "node_up.toml:4",
       "10.10.0.255/24, for n10, is the network's broadcast address"},
      {interface + "first_address = \"10.10.0.250/24\"\nnodes = \"6-10\"\n", "node_up.toml:4",
       "10.10.1.0/24, for n6, is outside of the network"},
      {interface + "mtu = 67\n", "node_up.toml:4", "must be from 68 to 65535"},
      {interface + "routes = [\"10.20.0.0/16\"]\n", "node_up.toml:4", "is no route; write it like"},
      {interface + "routes = [\"10.20.0.1/16 via 10.10.0.1\"]\n", "node_up.toml:4", "has bits behind its prefix"},
      {interface + "first_address = \"10.10.0.1/16\"\nroutes = [\"default via 10.11.0.1\"]\n", "node_up.toml:5",
       "a gateway outside of the interface's own network"},
      {interface + "nodes = \"1-3\"\n" + interface + "name = \"other\"\nnodes = \"3-5\"\n", "node_up.toml:7",
       "the step in line 1 sets up this link already"},
      {interface + interface + "name = \"other\"\n", "node_up.toml:6", "the step in line 1 sets up this link already"},
      {limits, "node_up.toml:1", "needs 'set'"},
      {limits + "set = {}\n", "node_up.toml:3", "names no limit"},
      {limits + "set = {files = 7}\n", "node_up.toml:3", "there is no limit 'files'; there are as, core,"},
      {limits + "set = {nofile = \"64k\"}\n", "node_up.toml:3", "nofile: \"64k\" is no limit"},
      {limits + "set = {stack = \"8x\"}\n", "node_up.toml:3", "bytes like \"64m\""},
      {limits + "set = {stack = \"9999999999g\"}\n", "node_up.toml:3", "is no limit"},
      {limits + "set = {nofile = -1}\n", "node_up.toml:3", "is no limit"},
      {limits + "set = {nofile = \"8:4\"}\n", "node_up.toml:3", "larger than the hard one"},
      {limits + "set = {nofile = \"1:2:3\"}\n", "node_up.toml:3", "is no limit"},
      {"[[step]]\nkind = \"directory\"\npath = \"/\"\n", "node_up.toml:3", "is the node's root"},
      {"[[step]]\nkind = \"link\"\npath = \"/\"\ntarget = \"a\"\n", "node_up.toml:3", "is the node's root"},
      {"[[step]]\nkind = \"file\"\npath = \"/\"\ncontent = \"a\"\n", "node_up.toml:3", "is the node's root"},
      {"[[step]]\nkind = \"file\"\npath = \"/\"\nsource = \"/etc/passwd\"\n", "node_up.toml:3", "is the node's root"},
      {"[[step]]\nkind = \"device\"\npath = \"/\"\ntype = \"char\"\nmajor = 1\nminor = 3\n", "node_up.toml:3",
       "is the node's root"},
      {"[[step]]\nkind = \"time\"\nhardware = 1\n", "node_up.toml:3", "must be true or false"},
      {"[[step]]\nkind = \"service\"\n", "node_up.toml:1", "needs 'command'"},
      {"[[step]]\nkind = \"service\"\ncommand = [\"/nowhere/prog\"]\n", "node_up.toml:3", "/nowhere/prog"},
      {service + "restart = \"never\"\n", "node_up.toml:4", "must be \"always\" or \"on-failure\""},
      {service + "environment = {\"A=B\" = \"c\"}\n", "node_up.toml:4", "'A=B' is no name of a variable"},
      {service + "owner = \"daemon\"\n", "node_up.toml:4", "must be numbers"},
      {service + "where = \"node\"\n", "node_up.toml:4", "unknown key 'where'"},
  };
  for (const Bad& bad : table)
    check_bad(problems_of(good_cluster, bad.text), bad);
}

TEST_CASE("what is wrong in a plan is told with its line") {
  const std::string step = "[[step]]\n";
  const Bad table[] = {
      {step + "kind = \"hostname\"\nafter = [\"home\"]\n", "node_up.toml:3", "there is no step 'home'"},
      {step + "kind = \"hostname\"\nafter = [\"hostname\"]\n", "node_up.toml:3", "none of them can begin"},
      {step + "kind = \"device\"\nset = [\"sda\"]\n", "node_up.toml:3", "'sda' is none of null"},
      {step + "kind = \"sysctl\"\nset = {\"a..b\" = 1}\n", "node_up.toml:3", "is no key"},
      {step + "kind = \"file\"\npath = \"/a\"\ncontent = \"x\"\nsource = \"y\"\n", "node_up.toml:4", "beside 'source'"},
      {step + "kind = \"libraries\"\n", "node_up.toml:1", "neither 'programs' nor 'libraries'"},
      {step + "kind = \"module\"\nmodules = [\"a/b\"]\ndirectory = \"/lib/modules/x\"\n", "node_up.toml:3",
       "no name of a module"},
      {step + "kind = \"module\"\nmodules = [\"a\"]\ndirectory = \"/x\"\noptions = {b = \"1\"}\n", "node_up.toml:5",
       "'b' is not among 'modules'"},
      {step + "kind = \"unmount\"\ntarget = \"/\"\n", "node_up.toml:3", "cannot be unmounted"},
      {"time_limit = \"1ms\"\n" + step + "kind = \"hostname\"\n", "node_up.toml:1", "from 1s to 24h"},
      {step + "kind = \"mont\"\n", "node_up.toml:2", "unknown step kind 'mont'; there are mount, unmount, directory"},
      {step + "path = \"/x\"\n", "node_up.toml:1", "needs 'kind'"},
      {step + "kind = \"file\"\nsource = \"missing\"\npath = \"/etc/x\"\n", "node_up.toml:3", "No such file"},
      {step + "kind = \"device\"\npath = \"/dev/x\"\ntype = \"char\"\n", "node_up.toml:1", "needs 'major'"},
      {step + "kind = \"device\"\npath = \"/dev/x\"\ntype = \"pipe\"\nmajor = 1\nminor = 1\n", "node_up.toml:4",
       "must be \"char\" or \"block\""},
      {step + "kind = \"mount\"\ntype = \"tmpfs\"\ntarget = \"tmp\"\n", "node_up.toml:4", "must be an absolute path"},
      {step + "kind = \"directory\"\npath = \"/a/../b\"\n", "node_up.toml:3", "it has a '..' in it"},
      {step + "kind = \"link\"\ntarget = \"../x\"\npath = \"/" + std::string(256, 'a') + "\"\n", "node_up.toml:4",
       "it has a component of more than 255 bytes"},
      {step + "kind = \"mount\"\ntarget = \"/a\"\ntype = \"bind\"\nsource = \"b/../c\"\n", "node_up.toml:5",
       "it is not absolute"},
      {step + "kind = \"mount\"\ntarget = \"/a\"\ntype = \"rbind\"\n", "node_up.toml:1", "needs 'source'"},
      {step + "kind = \"mount\"\ntype = \"nfs\"\ntarget = \"/home\"\n", "node_up.toml:3", "nfs needs 'source'"},
      {step + "kind = \"directory\"\npath = \"/a\"\nmode = \"999\"\n", "node_up.toml:4", "no octal mode"},
      {step + "kind = \"directory\"\npath = \"/a\"\nowner = \"root\"\n", "node_up.toml:4", "must be numbers"},
      {step + "kind = \"hostname\"\n" + step + "kind = \"hostname\"\n", "node_up.toml:3", "is in line 1 already"},
      {step + "kind = \"hostname\"\nnodes = \"0-99\"\n", "node_up.toml:3", "no node 17"},
      {step + "kind = \"hostname\"\nnodes = \"up\"\n", "node_up.toml:3", "by their state"},
      {step + "kind = \"hostname\"\ntimeout = \"soon\"\n", "node_up.toml:3", "is no duration"},
      {step + "kind = \"hostname\"\ntimeout = \"0s\"\n", "node_up.toml:3", "from 100ms to 24h"},
      {step + "kind = \"hostname\"\non_failure = \"panic\"\n", "node_up.toml:3", "\"error\" or \"continue\""},
      {step + "kind = \"hostname\"\ntarget = \"/x\"\n", "node_up.toml:3", "unknown key 'target' in [[step]]"},
      {step + "kind = \"hostname\"\nhostname = \"my node\"\n", "node_up.toml:3", "\"my node\", on n0, is no host name"},
      {step + "kind = \"hostname\"\nhostname = \"{nam}\"\n", "node_up.toml:3", "\"{nam}\", on n0, is no host name"},
      {step + "kind = \"hostname\"\nhostname = \"-{name}\"\nnodes = \"io\"\n", "node_up.toml:3", "\"-io\", on io"},
      {step + "kind = \"run\"\ncommand = [\"/nowhere/prog\"]\n", "node_up.toml:3", "/nowhere/prog"},
      {step + "kind = \"run\"\ncommand = [\"prog\"]\n", "node_up.toml:3", "absolute path"},
      {step + "kind = \"run\"\ncommand = []\n", "node_up.toml:3", "is empty"},
      {step + "kind = \"run\"\ncommand = [\"/bin/sh\"]\nwhere = \"moon\"\n", "node_up.toml:4",
       "\"node\" or \"front-end\""},
      {"[step]\nkind = \"hostname\"\n", "node_up.toml:1", "[[step]]"},
      {"steps = 1\n", "node_up.toml:1", "unknown key 'steps' in the plan"},
  };
  for (const Bad& bad : table)
    check_bad(problems_of(good_cluster, bad.text), bad);
}

TEST_CASE("a mistake in the nodes is not told again as mistakes of the plan") {
  const std::string report = problems_of(
      "[front_end]\ninterface = \"br0\"\naddress = \"10.9.0.1\"\n[[nodes]]\nrange = \"0-3\"\nmac = \"oops\"\n"
      "address = \"10.9.1.0\"\n",
      "[[step]]\nkind = \"hostname\"\nnodes = \"0-3\"\n");
  CHECK(report.find("cluster.toml:6: mac") == 0);
  CHECK(report.find("node_up.toml") == std::string::npos);
}

TEST_CASE("check sums up what is good and shows what is not") {
  Files files;
  files.write("cluster.toml", good_cluster);
  const auto good = frontend::check_configuration(files.files, files.directory / "cluster.toml");
  CHECK(good.good);
  CHECK(good.report() == "OK: lab: 17 nodes, 0 steps, no hooks\n");
  files.write("cluster.toml", "name = 1\n");
  const auto bad = frontend::check_configuration(files.files, files.directory / "cluster.toml");
  CHECK_FALSE(bad.good);
  CHECK(bad.report().find("cluster.toml:1: name: must be a string\n") != std::string::npos);
  CHECK(bad.report().find("OK") == std::string::npos);
  const auto none = frontend::check_configuration(files.files, files.directory / "nothing.toml");
  CHECK_FALSE(none.good);
  CHECK(none.report().find("No such file") != std::string::npos);
}

}  // namespace
