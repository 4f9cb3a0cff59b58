#include "tests/unit/transport_samples.h"

#include <doctest/doctest.h>

#include "transport/codec.h"
#include "transport/frame.h"

namespace samples {

using namespace transport;

namespace {

ContentHash hash(std::uint8_t seed) {
  ContentHash value;
  for (std::size_t i = 0; i < value.size(); ++i)
    value[i] = static_cast<std::uint8_t>(seed + i);
  return value;
}

constexpr MacAddress mac = {0x52, 0x54, 0x00, 0x09, 0x00, 0x03};
const SelfUsage usage = {1u << 20, 2u << 20, 12345, 678, 9, 3, 4096, 1u << 24};
const std::vector<FileEntry> files = {{"/usr/bin/uname", {hash(1), 39000}, 0755},
                                      {"/lib64/ld-linux-x86-64.so.2", {hash(2), 210000}, 0755}};
const std::vector<BootEntry> entries = {{"network: rarp eth0", 1000, 2500, Outcome::done, "10.9.1.3 from 10.9.0.1"},
                                        {"setup: home", 3000, 0, Outcome::running, ""}};
const std::vector<LogEntry> lines = {{41, 4, 1700000000000000000, "no answer yet"}, {42, 6, 1700000000000000001, "up"}};

}  // namespace

Setup setup_with_every_step() {
  const RunStep run = {"/bin/echo", {"echo", "hello"}, {"A=1"}, files};
  const ServiceStep service = {"/sbin/syslogd", {"syslogd", "-n"}, {"A=1"}, files, 1, 2, Restart::on_failure};
  const FileStep tree = {{{"/etc", DirectoryMark{}, 0755, 1, 2, 0},
                          {"/etc/passwd", Content{hash(3), 77}, 0644, 3, 4, 1700000000000000000},
                          {"/etc/hosts", TextContent{"10.9.1.3 n3\n"}, 0644, 0, 0, -1},
                          {"/etc/mtab", LinkTarget{"/proc/mounts"}, 0777, 0, 0, 0}}};
  const MountStep mount = {"tmpfs", "/tmp", "tmpfs", "size=64m,mode=1777", {"/run/upper", "/run/work"}};
  const InterfaceStep interface = {"eth1", mac,  0x0a0a0103,
                                   24,     9000, {{0, 0, 0x0a0a0001}, {0x0a0b0000, 16, 0x0a0a0002}}};
  const std::vector<Action> actions = {mount,
                                       DirectoryStep{"/home", 0755, 1, 2},
                                       one_device("/dev/null", false, 1, 3, 0666, 0, 5),
                                       tree,
                                       LinkStep{"/etc/mtab", "/proc/mounts"},
                                       HostnameStep{"n3"},
                                       run,
                                       UnmountStep{"/mnt", true},
                                       ModuleStep{{{"e1000", {hash(6), 200000}, "debug=1"}}},
                                       SysctlStep{{{"vm/swappiness", "10"}}},
                                       interface,
                                       LimitsStep{{{7, 1024, ~std::uint64_t{0}}}},
                                       TimeStep{1700000000000000000, true},
                                       service};
  Setup setup{.plan = 5, .last = true, .limit_ms = 900000, .steps = {}, .spared = {"munge"}};
  for (std::uint32_t i = 0; i < actions.size(); ++i)
    setup.steps.push_back({"step", i, 30000, 1, OnFailure::go_on, actions[i], {i, 7}});
  return setup;
}

Launch launch() {
  return {.job = 7,
          .rank = 2,
          .pid = 4711,
          .program = "/usr/bin/uname",
          .arguments = {"uname", "-a", ""},
          .environment = {"PATH=/bin", "LANG=C"},
          .directory = "/home/user",
          .directory_required = true,
          .uid = 1000,
          .gid = 100,
          .groups = {100, 27},
          .umask = 027,
          .output_credit = 65536,
          .files = files,
          .input = true,
          .terminal = true,
          .window = {25, 80},
          .limits = {{7, 1024, 4096}},
          .job_limits = {1u << 30, 100, 250, "0-3"}};
}

std::vector<Message> one_of_each() {
  const NodeStatus status = {
      3,   "n3",    NodeState::error, 0x0a090103, mac,   1700000000000000000, "setup failed", 2500000,
      4,   "0.1.0", "6.1.0",          "x86_64",   usage, "in the clear",      1000,           100,
      0110};
  return {
      Hello{protocol_version, mac, "eth0", 0x0a090103, 99, "0.1.0", "6.1.0-18-cloud-amd64", "x86_64", 4, 1234567},
      BootRecord{6, entries},
      StepReport{5, 2, "home", Outcome::failed, 3, 110, "mount 10.9.0.1:/home: Connection timed out", 30000000},
      SetupDone{5, true, "home failed"},
      Pong{17, usage},
      LogLines{3, lines},
      Launched{7, 2, 4711, 8, "Exec format error"},
      ProcessEnd{7, 2, 0x0700, 1000, 2000, 3000, hit_pids},
      ProcessState{7, 2, 0x137f},
      ServiceReport{{"syslog", ServiceState::waiting, 4711, 3, "exit status 1", 5}},
      ProcessList{true, "cut", {{4711, 1, 7, 2, 1000, 'S', 123456, 7890, 65536, "sleep 1000"}}},
      HeldProcesses{true, {{7, 2, 4711, 1000, HeldState::running}}},
      KilledProcesses{3, 1},
      JobProcesses{7, 2, true, {{4712, true, "sleep"}}},
      BulkHello{3, 0x1122334455667788},
      Fetch{hash(4), 262144, 65536},
      StreamOutput{7, 2, StreamName::error, 4096, true, bytes_of("oops\n")},
      InputCredit{7, 2, 4096, true, true},
      Welcome{protocol_version, 3, "n3", 1700000000000000000, hash(5), 0x1122334455667788, 5000, 20000,
              AwayPolicy::reboot, 60000},
      Refused{protocol_version, "who are you?"},
      Ping{17},
      setup_with_every_step(),
      launch(),
      Signal{7, 2, 34, false, true, -5},
      Power{PowerChange::power_off},
      ListProcesses{7},
      KillJob{7, 9},
      Forget{7, 2},
      Resize{7, 2, {25, 80}},
      KillProcess{4711, 15, 1000},
      Block{hash(4), 262144, "gone", bytes_of("content")},
      StreamCredit{7, 2, StreamName::error, 4096, true},
      StreamInput{7, 2, 4096, true, bytes_of("input")},
      StatusRequest{"0-3,7"},
      WaitRequest{"all", "up", 60000},
      BootLogRequest{"n5"},
      LogRequest{"up", true},
      UpRequest{"down", true},
      RunRequest{"all",
                 "/usr/bin/uname",
                 "x86_64",
                 {"uname"},
                 {"A=1"},
                 "/",
                 true,
                 027,
                 files,
                 {"/usr/bin/uname", "/lib/x"},
                 true,
                 3,
                 true,
                 {25, 80},
                 {{7, 1024, 4096}},
                 {1u << 30, 100, 250, "0-3"},
                 5},
      RunSignal{34, 2, false, true, -5},
      PowerRequest{"7", PowerChange::power_off},
      MetricsRequest{},
      ServicesRequest{"all"},
      PlanRequest{PlanQuestion::dry_run, "0-3"},
      RunGhosts{1, {4711, 4712}},
      RunInput{4096, true, bytes_of("input")},
      PsRequest{"0-3"},
      KillRequest{7, 4711, "0-3", 15},
      RunCredit{1, StreamName::error, 4096},
      RunAck{{0, 2}},
      RunAttach{7, {0, 3}, {1}, {1, 2, 3, 4}, 0},
      RunResize{{25, 80}},
      RightsRequest{"0-3", NodeRight::mode, 0110},
      AvailabilityRequest{"0-3", true},
      RunProcessSignal{1, 4712, 15},
      StatusReply{{status, status}, false, "in the clear"},
      BootLogReply{{3, "n3", entries}},
      LogReply{3, "n3", 2, lines},
      NodeResult{3, "n3", true, "fine"},
      RunStarted{7, {0, 3}, {"n0", "n3"}, 65536},
      RunOutput{1, StreamName::error, 4096, bytes_of("text")},
      RunEnd{1, true, 9, 2, "killed", 1000, 2000, 3000, hit_memory},
      Done{},
      Failure{true, "no such node"},
      MetricsReply{{{"nodemaster_nodes", MetricKind::gauge, "Nodes by state.", {{"state", "up"}}, 1023},
                    {"nodemaster_jobs", MetricKind::gauge, "Jobs that run.", {}, 2}}},
      UpProgress{3, "n3", 4, 12, "home", Outcome::ignored, "no answer"},
      ServicesReply{3, "n3", {{"syslog", ServiceState::running, 4711, 0, ""}}},
      PlanReply{{3, 7},
                true,
                {{"home",
                  "mount",
                  "mount x on /home",
                  true,
                  {"tmp"},
                  30000,
                  2,
                  true,
                  "0-3",
                  false,
                  2,
                  12345,
                  "kernel",
                  "why"}},
                {{"/etc/nodemaster/node_up.toml", 12, false, "odd"}}},
      RunState{1, 0x137f},
      RunGhostWanted{1},
      RunInputCredit{4096, true},
      RunContact{1, true, "silent"},
      RunProcesses{1, true, {{4712, true, "sleep"}}},
      RunNotice{1, "starts in /"},
      RunLaunched{1, 4711},
      PsReply{3, "n3", {{4711, 1, 7, 2, 1000, 'S', 123456, 7890, 65536, "sleep 1000"}}},
  };
}

Bytes body_of(const Message& message) {
  Bytes body;
  REQUIRE(encode(message, body));
  return body;
}

Bytes frame_of(const Message& message, std::uint64_t request) {
  Bytes frame;
  REQUIRE(append_frame(message, request, frame));
  return frame;
}

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace samples
