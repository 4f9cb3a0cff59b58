#include "nodeinit/settings.h"

#include <doctest/doctest.h>

#include "nodeinit/records.h"
#include "nodeinit/settings_file.h"
#include "nodeinit/toml_settings.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_workers.h"

using namespace std::chrono_literals;
using node::Assignment;
using node::Settings;

namespace {

// The problem with one assignment; empty when it is taken.
std::string problem_of(const char* key, const char* value, Settings& settings) {
  const Assignment assignment{"here", key, value};
  const auto problems = node::assign({&assignment, 1}, settings);
  return problems.empty() ? "" : problems.front();
}

std::string problem_of(const char* key, const char* value) {
  Settings settings;
  return problem_of(key, value, settings);
}

struct FileReader {
  node::FileSettings read() {
    node::FileSettings found;
    int times = 0;
    node::read_settings_file(files, workers, "/etc/nodeinit.toml", [&](const node::FileSettings& settings) {
      found = settings;
      ++times;
    });
    loop.advance(1min);
    CHECK(times == 1);
    return found;
  }

  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeFiles files{faults};
  fakes::FakeWorkers workers{loop, faults};
};

}  // namespace

TEST_CASE("settings: every key takes good values") {
  Settings s;
  CHECK(problem_of("network.method", "static", s).empty());
  CHECK(s.discovery.method == network::Method::fixed);
  CHECK(problem_of("network.interfaces", "eth0, eth1", s).empty());
  CHECK(s.discovery.interfaces == std::vector<std::string>{"eth0", "eth1"});
  CHECK(problem_of("network.address", "10.9.1.3/16", s).empty());
  CHECK(s.discovery.address == 0x0a090103);
  CHECK(s.discovery.prefix == 16);
  CHECK(problem_of("network.prefix", "24", s).empty());
  CHECK(s.discovery.prefix == 24);
  CHECK(problem_of("network.gateway", "10.9.0.2", s).empty());
  CHECK(s.discovery.gateway == 0x0a090002);
  CHECK(problem_of("front_end.address", "10.9.0.1", s).empty());
  CHECK(s.discovery.front_end == 0x0a090001);
  CHECK(problem_of("front_end.port", "99", s).empty());
  CHECK(s.port == 99);
  CHECK(problem_of("hardware.modules", "virtio_net,virtio-pci", s).empty());
  CHECK(s.modules == std::vector<std::string>{"virtio_net", "virtio-pci"});
  CHECK(problem_of("hardware.modules", "", s).empty());
  CHECK(s.modules.empty());
  CHECK(problem_of("boot.reboot_after", "90s", s).empty());
  CHECK(s.reboot_after == 90s);
  CHECK(problem_of("boot.reboot_after", "0", s).empty());
  CHECK(s.reboot_after == 0s);
  CHECK(problem_of("cache.size", "256m", s).empty());
  CHECK(s.cache.bytes == 256u << 20);
  CHECK(problem_of("cache.size", "5%", s).empty());
  CHECK(s.cache.bytes == 0);
  CHECK(s.cache.percent == 5);
  for (const char* wrong : {"", "%", "m", "256", "0m", "101%", "1t", "-1m"})
    CHECK_FALSE(problem_of("cache.size", wrong, s).empty());
  CHECK(problem_of("log.console", "debug", s).empty());
  CHECK(s.console == sys::Severity::debug);
  CHECK(problem_of("log.console", "none", s).empty());
  CHECK_FALSE(s.console.has_value());
  CHECK(problem_of("log.kernel", "false", s).empty());
  CHECK_FALSE(s.kernel_log);
}

TEST_CASE("settings: bad values are refused with key, value and reason, and change nothing") {
  CHECK(problem_of("network.metod", "rarp").find("there is no such key") != std::string::npos);
  CHECK(problem_of("network.method", "dhcp") == "here: network.method = \"dhcp\": is not \"rarp\" or \"static\"");
  for (const char* address :
       {"", "10.9.1", "10.9.1.300", "0.0.0.0", "224.0.0.1", "10.9.1.3/", "10.9.1.3/33", "10.9.1.3/0"}) {
    Settings s;
    CHECK_MESSAGE(!problem_of("network.address", address, s).empty(), address);
    CHECK(s.discovery.address == 0);
    CHECK(s.discovery.prefix == 0);
  }
  for (const char* names : {"eth0,", "../x", "a/b", "a\nb", ","}) {
    CHECK_MESSAGE(!problem_of("network.interfaces", names).empty(), names);
  }
  std::string many = "m";
  for (int i = 0; i < 64; ++i)
    many += ",m";
  CHECK(problem_of("hardware.modules", many.c_str()).find("more than 64") != std::string::npos);
  CHECK_FALSE(problem_of("front_end.port", "0").empty());
  CHECK_FALSE(problem_of("front_end.port", "65536").empty());
  CHECK_FALSE(problem_of("boot.reboot_after", "soon").empty());
  CHECK_FALSE(problem_of("log.console", "loud").empty());
  CHECK_FALSE(problem_of("log.kernel", "1").empty());
}

TEST_CASE("settings: a hostile value is quoted short and printable") {
  const std::string value(5000, '\x1b');
  CHECK(problem_of("network.method", value.c_str()).size() < 400);
  CHECK(problem_of("network.method", value.c_str()).find('\x1b') == std::string::npos);
}

TEST_CASE("settings: static without an address falls back to RARP and says so") {
  Settings s;
  s.discovery.method = network::Method::fixed;
  s.discovery.front_end = 1;
  const auto problems = node::reconcile(s);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("network.address") != std::string::npos);
  CHECK(s.discovery.method == network::Method::rarp);
}

TEST_CASE("kernel command line: only our words, quoted as the kernel quotes") {
  const auto found = node::from_kernel_command_line(
      "console=ttyS0 nodeinit.network.method=static \tquiet nodeinit.network.interfaces=\"eth0, eth1\" "
      "\"nodeinit.log.console=debug\" nodeinit.front-end.port=99 xnodeinit.a=b nodeinit.flag -- "
      "nodeinit.log.kernel=false\n");
  REQUIRE(found.size() == 5);
  CHECK(found[0].key == "network.method");
  CHECK(found[0].value == "static");
  CHECK(found[0].origin == "kernel command line");
  CHECK(found[1].value == "eth0, eth1");
  CHECK(found[2].key == "log.console");
  CHECK(found[2].value == "debug");
  CHECK(found[3].key == "front_end.port");
  CHECK(found[4].key == "flag");
}

TEST_CASE("kernel command line: broken quotes end somewhere") {
  CHECK(node::from_kernel_command_line("").empty());
  CHECK(node::from_kernel_command_line("   ").empty());
  const auto found = node::from_kernel_command_line("nodeinit.a=\"never closed b=c");
  REQUIRE(found.size() == 1);
  CHECK(found[0].value == "never closed b=c");
  CHECK(node::from_kernel_command_line("\"").empty());
}

TEST_CASE("arguments: with and without nodeinit., and what is none is reported") {
  const std::vector<std::string> arguments = {"log.kernel=false", "nodeinit.front_end.port=9", "splash", "=x"};
  std::vector<std::string> problems;
  const auto found = node::from_arguments(arguments, problems);
  REQUIRE(found.size() == 2);
  CHECK(found[1].key == "front_end.port");
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].find("\"splash\"") != std::string::npos);
}

TEST_CASE("the configuration file: values and problems with their lines") {
  FileReader reader;
  reader.files.put("/etc/nodeinit.toml",
                   "[network]\nmethod = \"static\"\ninterfaces = [\"eth0\", \"eth1\"]\nprefix = 16\n"
                   "[log]\nkernel = false\nbirthday = 1979-05-27\n");
  const auto found = reader.read();
  REQUIRE(found.assignments.size() == 4);
  Settings settings;
  CHECK(node::assign(found.assignments, settings).empty());
  CHECK(settings.discovery.method == network::Method::fixed);
  CHECK(settings.discovery.interfaces.size() == 2);
  CHECK(settings.discovery.prefix == 16);
  CHECK_FALSE(settings.kernel_log);
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].find("/etc/nodeinit.toml:7: log.birthday") == 0);
}

TEST_CASE("the configuration file: broken TOML is one problem with its line") {
  FileReader reader;
  reader.files.put("/etc/nodeinit.toml", "[network]\nmethod = \n");
  const auto found = reader.read();
  CHECK(found.assignments.empty());
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].find("/etc/nodeinit.toml:2: broken TOML") == 0);
}

TEST_CASE("the configuration file: none is no problem, one that is too long is") {
  FileReader reader;
  CHECK(reader.read().problems.empty());
  reader.files.put("/etc/nodeinit.toml", std::string(70000, '#'));
  CHECK(reader.read().problems.size() == 1);
}

TEST_CASE("the configuration file: a parser that crashes, hangs or cannot be started costs the file only") {
  for (const int kind : {0, 1, 2, 3}) {
    FileReader reader;
    reader.files.put("/etc/nodeinit.toml", "[log]\nkernel = false\n");
    if (kind == 0) reader.workers.die("configuration", 11);
    if (kind == 1) reader.workers.hang("configuration");
    if (kind == 2) reader.workers.hang_for_good("configuration");
    if (kind == 3) reader.faults.fail_at = 3;  // facts, read, worker
    const auto found = reader.read();
    CHECK(found.assignments.empty());
    REQUIRE(found.problems.size() == 1);
    CHECK(found.problems[0].find("/etc/nodeinit.toml: ignored") == 0);
  }
}

TEST_CASE("records: what is cut short is refused") {
  std::string text;
  node::append_field(text, "a");
  node::append_field(text, std::string_view("b\0c", 3));
  const auto bytes = std::as_bytes(std::span(text));
  const auto fields = node::split_fields(bytes, 2);
  REQUIRE(fields);
  CHECK((*fields)[1] == "b c");
  CHECK_FALSE(node::split_fields(bytes, 3));
  CHECK_FALSE(node::split_fields(bytes.first(bytes.size() - 1), 2));
  CHECK(node::split_fields({}, 3)->empty());
}
