// What nodectl prints of nodes and times, and how it reads its command line.
#include <doctest/doctest.h>

#include "transport/trust.h"

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "frontend/nodectl/command_line.h"
#include "frontend/nodectl/environment.h"
#include "frontend/nodectl/metrics_text.h"
#include "frontend/nodectl/services_text.h"
#include "frontend/nodectl/status_text.h"
#include "frontend/nodectl/table.h"
#include "frontend/nodectl/time_text.h"

namespace {

using frontend::CommandLine;
using frontend::parse_command_line;
using Words = std::vector<std::string>;

constexpr std::uint64_t second = 1000000000;

transport::NodeStatus sample() {
  return {.node = 3,
          .name = "n3",
          .state = transport::NodeState::up,
          .address = 0x0a090103,
          .mac = {0x52, 0x54, 0, 9, 0, 3},
          .since_ns = 1000 * second,
          .reason = "",
          .boot_us = 71776,
          .address_requests = 2,
          .version = "0.1.0",
          .kernel_release = "6.1.0",
          .architecture = "x86_64",
          .usage = {.private_bytes = 1024, .cpu_us = 1500000},
          .channel = "in the clear"};
}

// Only for lines that are right: wrong ones print to the test's output.
CommandLine parsed(const std::vector<const char*>& words) {
  std::vector<const char*> line = {"nodectl"};
  line.insert(line.end(), words.begin(), words.end());
  auto result = parse_command_line(static_cast<int>(line.size()), line.data());
  REQUIRE(std::holds_alternative<CommandLine>(result));
  return std::get<CommandLine>(std::move(result));
}

template <class Options> Options options_of(const std::vector<const char*>& words) {
  const CommandLine line = parsed(words);
  REQUIRE(std::holds_alternative<Options>(line.verb));
  return std::get<Options>(line.verb);
}

struct Ending {
  int status = -1;
  std::string out;
  std::string error;
};

// Of a line that leads to no verb; what is printed is caught.
Ending ending_of(const std::vector<const char*>& words) {
  std::vector<const char*> line = {"nodectl"};
  line.insert(line.end(), words.begin(), words.end());
  std::ostringstream out, error;
  std::streambuf* const cout = std::cout.rdbuf(out.rdbuf());
  std::streambuf* const cerr = std::cerr.rdbuf(error.rdbuf());
  const auto result = parse_command_line(static_cast<int>(line.size()), line.data());
  std::cout.rdbuf(cout);
  std::cerr.rdbuf(cerr);
  return {std::holds_alternative<int>(result) ? std::get<int>(result) : -1, out.str(), error.str()};
}

}  // namespace

TEST_CASE("text: durations have three figures at the most") {
  CHECK(frontend::duration(0) == "0us");
  CHECK(frontend::duration(999) == "999us");
  CHECK(frontend::duration(1000) == "1.00ms");
  CHECK(frontend::duration(71776) == "71.7ms");
  CHECK(frontend::duration(999999) == "999ms");
  CHECK(frontend::duration(1250000) == "1.25s");
  CHECK(frontend::duration(59999999) == "59.9s");
  CHECK(frontend::duration(60000000) == "1m00s");
  CHECK(frontend::duration(185000000) == "3m05s");
}

TEST_CASE("text: ages and instants") {
  CHECK(frontend::age(0, 12 * second) == "12s");
  CHECK(frontend::age(0, 303 * second) == "5m03s");
  CHECK(frontend::age(0, 7800 * second) == "2h10m");
  CHECK(frontend::age(0, 273600 * second) == "3d4h");
  CHECK(frontend::age(5 * second, second) == "0s");  // the clock was set back
  CHECK(frontend::iso_time(0).empty());
  CHECK(frontend::iso_time(1772366405ull * second + 999) == "2026-03-01T12:00:05Z");
}

TEST_CASE("text: a table's columns are as wide as their widest cell") {
  CHECK(frontend::format_table({{"A", "BB", "C"}, {"long", "x", ""}, {"y", "", "z"}}) ==
        "A     BB  C\n"
        "long  x\n"
        "y         z\n");
}

TEST_CASE("text: status as a table") {
  auto broken = sample();
  broken = {.node = 4, .name = "n4", .state = transport::NodeState::error, .reason = "step home: \x1b[31mno"};
  CHECK(frontend::status_table({sample(), broken}, 1012 * second) ==
        "NODE  STATE  ADDRESS   SINCE  BOOT    REQUESTS  OWNER  GROUP  MODE  REASON\n"
        "n3    up     10.9.1.3  12s    71.7ms  2         root   root   0111\n"
        "n4    error  -         -      -       0         root   root   0111  step home: \\x1b[31mno\n");
}

TEST_CASE("command line: rights and availability") {
  const auto chown = options_of<frontend::RightsOptions>({"chown", "alice", "0-3"});
  CHECK(chown.right == transport::NodeRight::owner);
  CHECK(chown.value == "alice");
  CHECK(chown.nodes == "0-3");
  CHECK(options_of<frontend::RightsOptions>({"chgrp", "ops", "all"}).right == transport::NodeRight::group);
  CHECK(options_of<frontend::RightsOptions>({"chmod", "111", "all"}).right == transport::NodeRight::mode);
  const auto set = options_of<frontend::AvailabilityOptions>({"set", "3", "unavailable"});
  CHECK(set.nodes == "3");
  CHECK(set.state == "unavailable");
  CHECK(ending_of({"set", "3", "down"}).status == 2);
  CHECK(ending_of({"chown", "alice"}).status == 2);
}

TEST_CASE("text: what is not as secure as it could be is noted, whoever is connected") {
  using transport::Protection;
  const auto name = [](Protection protection) { return std::string(transport::describe(protection)); };
  const auto notes = [&](Protection configured, std::vector<transport::NodeStatus> nodes) {
    return frontend::protection_notes({.nodes = std::move(nodes), .channel = name(configured)});
  };
  auto down = sample();
  down.channel.clear();
  CHECK(notes(Protection::nk_psk0, {down}).empty());
  REQUIRE(notes(Protection::nk, {down}).size() == 1);
  CHECK(notes(Protection::nk, {down})[0].starts_with("no cluster key"));
  REQUIRE(notes(Protection::clear, {}).size() == 1);
  CHECK(notes(Protection::clear, {})[0].starts_with("insecure = true"));

  auto older = sample();
  older.channel = name(Protection::nk);
  auto other = older;
  other.node = 4;
  CHECK(notes(Protection::nk_psk0, {older, down}) ==
        Words{"node 3 still connected as was configured before: Noise_NK_25519_ChaChaPoly_BLAKE2b"});
  const auto both = notes(Protection::clear, {older, other});
  REQUIRE(both.size() == 2);
  CHECK(both[1].starts_with("nodes 3-4 still connected as was configured before"));
  CHECK(notes(Protection::nk, {older, other}).size() == 1);
}

TEST_CASE("text: status as JSON has what scripts rely on") {
  const auto nodes = nlohmann::json::parse(frontend::status_json({sample(), {.node = 4, .name = "\xff"}}));
  REQUIRE(nodes.size() == 2);
  const auto& node = nodes[0];
  CHECK(node["node"] == 3);
  CHECK(node["name"] == "n3");
  CHECK(node["state"] == "up");
  CHECK(node["address"] == "10.9.1.3");
  CHECK(node["mac"] == "52:54:00:09:00:03");
  CHECK(node["since"] == "1970-01-01T00:16:40Z");
  CHECK(node["reason"] == "");
  CHECK(node["boot_seconds"] == doctest::Approx(0.071776));
  CHECK(node["address_requests"] == 2);
  CHECK(node["kernel"] == "6.1.0");
  CHECK(node["architecture"] == "x86_64");
  CHECK(node["version"] == "0.1.0");
  CHECK(node["channel"] == "in the clear");
  CHECK(node["owner"] == 0);
  CHECK(node["group"] == 0);
  CHECK(node["mode"] == "0111");
  CHECK(node["usage"]["private_bytes"] == 1024);
  CHECK(node["usage"]["cpu_seconds"] == doctest::Approx(1.5));
  CHECK(nodes[1]["boot_seconds"].is_null());
  CHECK(nodes[1]["state"] == "down");
  CHECK(frontend::status_json({}) == "[]\n");
}

std::vector<transport::Metric> some_metrics() {
  return {{"nm_nodes", transport::MetricKind::gauge, "Nodes by state", {{"state", "up"}}, 3},
          {"nm_nodes", transport::MetricKind::gauge, "Nodes by state", {{"state", "do\"w\\n"}}, 1},
          {"nm_refused_total", transport::MetricKind::counter, "A line\nand \"more\"", {}, 18446744073709551615u}};
}

TEST_CASE("text: metrics as Prometheus reads them") {
  CHECK(frontend::metrics_text(some_metrics()) ==
        "# HELP nm_nodes Nodes by state\n"
        "# TYPE nm_nodes gauge\n"
        "nm_nodes{state=\"up\"} 3\n"
        "nm_nodes{state=\"do\\\"w\\\\n\"} 1\n"
        "# HELP nm_refused_total A line\\nand \"more\"\n"
        "# TYPE nm_refused_total counter\n"
        "nm_refused_total 18446744073709551615\n");
  CHECK(frontend::metrics_text({}) == "");
}

TEST_CASE("text: metrics as JSON") {
  const auto all = nlohmann::json::parse(frontend::metrics_json(some_metrics()));
  REQUIRE(all.size() == 3);
  CHECK(all[0]["name"] == "nm_nodes");
  CHECK(all[0]["type"] == "gauge");
  CHECK(all[0]["labels"]["state"] == "up");
  CHECK(all[0]["value"] == 3);
  CHECK(all[0]["help"] == "Nodes by state");
  CHECK(all[2]["labels"].empty());
  CHECK(all[2]["type"] == "counter");
}

TEST_CASE("environment: what is added replaces what was there") {
  const frontend::Environment base = {"A=1", "AB=2", "odd", "C="};
  CHECK(frontend::merge_environment(base, {"A=9", "D=4", "A=10"}) == Words{"AB=2", "odd", "C=", "D=4", "A=10"});
  CHECK(frontend::value_of(base, "AB") == "2");
  CHECK(frontend::value_of(base, "C") == "");
  CHECK_FALSE(frontend::value_of(base, "B"));
  CHECK_FALSE(frontend::value_of(base, "odd"));
  CHECK(frontend::size_of(base) == 4 + 5 + 4 + 3);
}

TEST_CASE("command line: run leaves what follows the program to the program") {
  const auto dashes =
      options_of<frontend::RunOptions>({"run", "-l", "all", "--", "/bin/x", "-f", "--json", "--", "-l"});
  CHECK(dashes.label);
  CHECK(dashes.nodes == "all");
  CHECK(dashes.command == Words{"/bin/x", "-f", "--json", "--", "-l"});
  const auto none = options_of<frontend::RunOptions>({"run", "all", "ls", "-l", "--", "--socket", "x"});
  CHECK_FALSE(none.label);
  CHECK(none.command == Words{"ls", "-l", "--", "--socket", "x"});
  CHECK(options_of<frontend::RunOptions>({"run", "all", "--", "-x"}).command == Words{"-x"});
}

TEST_CASE("command line: run's own options") {
  const auto run =
      options_of<frontend::RunOptions>({"run", "--env", "A=1", "--cwd", "/tmp", "--env", "B=x=y", "0-3", "--", "p"});
  CHECK(run.environment == Words{"A=1", "B=x=y"});
  CHECK(run.directory == "/tmp");
  CHECK(run.nodes == "0-3");
}

TEST_CASE("command line: options stand before or after the nodes") {
  CHECK(parsed({"status"}).json == false);
  CHECK(parsed({"status", "--json", "0-3"}).json);
  const auto late = parsed({"status", "0-3", "--json", "--socket", "/tmp/s"});
  CHECK(late.json);
  CHECK(late.socket == "/tmp/s");
  CHECK(parsed({"--socket", "/tmp/s", "status"}).socket == "/tmp/s");
  CHECK(options_of<frontend::StatusOptions>({"status"}).nodes == "all");
}

TEST_CASE("command line: each verb has its options") {
  const auto wait = options_of<frontend::WaitOptions>({"wait", "all", "--state", "down", "--timeout", "2m"});
  CHECK(wait.state == "down");
  CHECK(wait.timeout_ms == 120000);
  CHECK(options_of<frontend::WaitOptions>({"wait", "all"}).timeout_ms == 0);
  CHECK(options_of<frontend::LogOptions>({"log", "-f", "all"}).follow);
  CHECK(options_of<frontend::BootLogOptions>({"boot-log", "n3"}).nodes == "n3");
  CHECK(options_of<frontend::UpOptions>({"up", "error"}).nodes == "error");
  CHECK_FALSE(options_of<frontend::UpOptions>({"up", "error"}).follow);
  CHECK(options_of<frontend::UpOptions>({"up", "-f", "all"}).follow);
  using transport::PlanQuestion;
  CHECK(options_of<frontend::PlanOptions>({"plan", "check"}).question == PlanQuestion::check);
  CHECK(options_of<frontend::PlanOptions>({"plan", "show"}).question == PlanQuestion::show);
  const auto dry_run = options_of<frontend::PlanOptions>({"plan", "dry-run", "0-3", "--json"});
  CHECK(dry_run.question == PlanQuestion::dry_run);
  CHECK(dry_run.nodes == "0-3");
  CHECK(options_of<frontend::PowerOptions>({"reboot", "1"}).change == transport::PowerChange::restart);
  CHECK(options_of<frontend::PowerOptions>({"poweroff", "1"}).change == transport::PowerChange::power_off);
}

TEST_CASE("command line: the socket comes from the environment when no option says so") {
  ::setenv("NODECTL_SOCKET", "/run/lab.sock", 1);
  CHECK(parsed({"status"}).socket == "/run/lab.sock");
  CHECK(parsed({"--socket", "/tmp/s", "status"}).socket == "/tmp/s");
  ::unsetenv("NODECTL_SOCKET");
  CHECK(parsed({"status"}).socket == "/run/nodemaster/control.sock");
}

TEST_CASE("services are shown by node, as a table and as JSON") {
  using transport::ServiceState;
  const std::vector<transport::ServicesReply> nodes = {
      {0, "n0", {{"ntp", ServiceState::running, 4711, 2, "last end: exit status 1", 1772366405000000000}}},
      {3, "n3", {{"ntp", ServiceState::waiting, 0, 9, "bad\nnews"}, {"once", ServiceState::ended, 0, 0, ""}}}};
  CHECK(frontend::services_table(nodes) ==
        "NODE  SERVICE  STATE    PID   RESTARTS  SINCE                 REASON\n"
        "n0    ntp      running  4711  2         2026-03-01T12:00:05Z  last end: exit status 1\n"
        "n3    ntp      pausing  -     9         -                     bad\\x0anews\n"
        "n3    once     ended    -     0         -\n");
  const auto json = nlohmann::json::parse(frontend::services_json(nodes));
  REQUIRE(json.size() == 3);
  CHECK(json[0] == nlohmann::json{{"node", 0},
                                  {"name", "n0"},
                                  {"service", "ntp"},
                                  {"state", "running"},
                                  {"pid", 4711},
                                  {"restarts", 2},
                                  {"since", "2026-03-01T12:00:05Z"},
                                  {"reason", "last end: exit status 1"}});
  CHECK(json[1]["pid"].is_null());
  CHECK(json[1]["since"].is_null());
  CHECK(frontend::services_json({}) == "[]\n");
  CHECK(options_of<frontend::ServicesOptions>({"services"}).nodes == "all");
  CHECK(options_of<frontend::ServicesOptions>({"services", "--json", "0-3"}).nodes == "0-3");
}

TEST_CASE("command line: what is wrong ends with 2") {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{},
                                             {"frob"},
                                             {"wait"},
                                             {"run"},
                                             {"run", "all"},
                                             {"run", "all", "--"},
                                             {"run", "--", "p"},
                                             {"run", "--env", "x", "all", "--", "p"},
                                             {"run", "--env", "=x", "all", "--", "p"},
                                             {"wait", "all", "--state", "fine"},
                                             {"wait", "all", "--timeout", "soon"},
                                             {"status", "a", "b"},
                                             {"status", "--bogus"},
                                             {"status", "--", "n1"}}) {
    const Ending ending = ending_of(words);
    CHECK(ending.status == 2);
    CHECK(ending.out.empty());
    CHECK(ending.error.starts_with("nodectl: "));
  }
}

TEST_CASE("command line: an unknown verb is named") {
  CHECK(ending_of({"frob", "-x"}).error.starts_with("nodectl: there is no verb 'frob'\n"));
}

TEST_CASE("command line: every verb has help with a usage line and examples") {
  CHECK(ending_of({"--version"}).out.starts_with("nodectl "));
  CHECK(ending_of({"--help"}).out.find("Exit status:") != std::string::npos);
  for (const char* verb :
       {"status", "wait", "boot-log", "log", "up", "reboot", "poweroff", "services", "metrics", "run"}) {
    const Ending ending = ending_of({verb, "--help"});
    CHECK(ending.status == 0);
    CHECK(ending.out.find(std::string("Usage: nodectl ") + verb) != std::string::npos);
    CHECK(ending.out.find("Examples:\n  nodectl ") != std::string::npos);
  }
}
