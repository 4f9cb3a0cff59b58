// What nodes, front end and command say to each other, as plain values. docs/PROTOCOL.md is the document of
// record: meaning, order, sizes, numbers. The numbers are explicit, ranged by direction, and never reused:
//     1 -  99  node to front end        100 - 199  front end to node
//   200 - 249  command to front end     250 - 299  front end to command
// How they become bytes is transport/codec.h; the caps of every field are in transport/serialize.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace transport {

constexpr std::uint16_t protocol_version = 1;
constexpr std::uint16_t default_port = 2223;

using NodeNumber = std::uint32_t;
constexpr NodeNumber no_node = 0xffffffff;

using MacAddress = std::array<std::uint8_t, 6>;
using Bytes = std::vector<std::byte>;

// BLAKE2b-256 of a file's content: its name wherever content travels.
using ContentHash = std::array<std::uint8_t, 32>;
struct Content {
  ContentHash hash{};
  std::uint64_t size = 0;  // bytes
};

// A file to be present on a node: what it is called there and which content it has.
struct FileEntry {
  std::string path;  // absolute, on the node
  Content content;
  std::uint32_t mode = 0755;
};

// ---------------------------------------------------------------- node to front end

enum class Outcome : std::uint8_t { running = 0, done = 1, failed = 2, ignored = 3, skipped = 4 };

// One line of the boot record: what nodeinit did from its first instruction on.
struct BootEntry {
  std::string name;            // "network", "network: rarp eth0", "setup: home"
  std::uint64_t start_us = 0;  // since nodeinit's first instruction
  std::uint64_t end_us = 0;    // 0 while it runs
  Outcome outcome = Outcome::running;
  std::string reason;  // of a failure; or what was found
};

// First message on a control connection.
struct Hello {
  static constexpr std::uint16_t number = 1;
  std::uint16_t version = protocol_version;
  MacAddress mac{};  // of the interface that found the front end: the node's identity
  std::string interface;
  std::uint32_t address = 0;  // IPv4, host byte order
  std::uint64_t boot_id = 0;  // random, the same for one life of the node
  std::string program_version;
  std::string kernel_release;
  std::string architecture;            // uname -m
  std::uint32_t address_requests = 0;  // requests sent until the address was found
  std::uint64_t uptime_us = 0;         // since nodeinit's first instruction
};

// The boot record's entries that are new or have changed since the last report.
struct BootRecord {
  static constexpr std::uint16_t number = 2;
  std::uint32_t first = 0;  // index of entries[0] in the whole record
  std::vector<BootEntry> entries;
};

// One setup step began, ended, or is tried again.
struct StepReport {
  static constexpr std::uint16_t number = 3;
  std::uint64_t plan = 0;
  std::uint32_t step = 0;  // index in the whole plan
  std::string name;
  Outcome outcome = Outcome::running;
  std::uint32_t attempt = 1;
  std::int32_t code = 0;  // errno, or 0
  std::string reason;
  std::uint64_t duration_us = 0;
};

// All steps of a Setup message have ended, or one that may not fail has failed.
struct SetupDone {
  static constexpr std::uint16_t number = 4;
  std::uint64_t plan = 0;
  bool succeeded = false;
  std::string reason;  // of the failure: step and error
};

// What nodeinit itself costs.
struct SelfUsage {
  std::uint64_t private_bytes = 0;  // memory that only PID 1 uses
  std::uint64_t resident_bytes = 0;
  std::uint64_t cpu_us = 0;    // user and system time since it began
  std::uint64_t wakeups = 0;   // turns of the event loop
  std::uint64_t orphans = 0;   // orphans reaped
  std::uint32_t children = 0;  // expected children now
};

struct Pong {
  static constexpr std::uint16_t number = 5;
  std::uint64_t sequence = 0;  // of the Ping
  SelfUsage usage;
};

struct LogEntry {
  std::uint64_t sequence = 0;
  std::uint8_t severity = 6;  // syslog(3)
  std::uint64_t wall_ns = 0;  // since the epoch, by the node's clock
  std::string text;
};

struct LogLines {
  static constexpr std::uint16_t number = 6;
  std::uint64_t lost = 0;  // lines that the ring dropped before these
  std::vector<LogEntry> lines;
};

// Answer to Launch: the process runs, or why it does not. ProcessEnd follows only in the first case.
struct Launched {
  static constexpr std::uint16_t number = 7;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t pid = 0;   // on the node; 0: it did not start
  std::int32_t code = 0;  // errno of the failure
  std::string reason;
};

// A process has ended and its output has been sent completely.
struct ProcessEnd {
  static constexpr std::uint16_t number = 8;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t status = 0;  // as wait(2) gives it
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kib = 0;
};

// Reserved for process control: a process has stopped or continues (wait(2) status).
struct ProcessState {
  static constexpr std::uint16_t number = 9;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t status = 0;
};

// First message on a bulk connection.
struct BulkHello {
  static constexpr std::uint16_t number = 20;
  NodeNumber node = no_node;
  std::uint64_t token = 0;  // from the Welcome
};

// Asks for a piece of a file's content. The node decides how much is in flight: that is the flow control.
struct Fetch {
  static constexpr std::uint16_t number = 21;
  ContentHash hash{};
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

enum class StreamName : std::uint8_t { input = 0, output = 1, error = 2 };

// Output of a process, within the credit that the front end has given. `end`: nothing more comes.
struct StreamOutput {
  static constexpr std::uint16_t number = 22;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  StreamName stream = StreamName::output;
  bool end = false;
  Bytes data;
};

// ---------------------------------------------------------------- front end to node

// The node is recognised.
struct Welcome {
  static constexpr std::uint16_t number = 100;
  std::uint16_t version = protocol_version;
  NodeNumber node = no_node;
  std::string name;
  std::uint64_t wall_ns = 0;            // the node sets its clock
  std::array<std::uint8_t, 32> seed{};  // for the node's random pool
  std::uint64_t bulk_token = 0;         // opens the bulk connection
  std::uint32_t ping_interval_ms = 0;   // how often the front end pings
  std::uint32_t silence_limit_ms = 0;   // no ping for so long: the connection is dead
};

// The node is not recognised, or may not speak so; the connection is closed after it.
struct Refused {
  static constexpr std::uint16_t number = 101;
  std::uint16_t version = protocol_version;
  std::string reason;
};

struct Ping {
  static constexpr std::uint16_t number = 102;
  std::uint64_t sequence = 0;
};

enum class OnFailure : std::uint8_t { error = 0, go_on = 1 };

struct MountStep {
  std::string source;
  std::string target;  // made if it is missing
  std::string type;
  std::string options;
};
struct DirectoryStep {
  std::string path;
  std::uint32_t mode = 0755;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
struct DeviceStep {
  std::string path;
  bool block = false;
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t mode = 0600;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
struct FileStep {
  std::string path;
  Content content;
  std::uint32_t mode = 0644;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
struct LinkStep {
  std::string path;
  std::string target;
};
struct HostnameStep {
  std::string name;
};
// A program moved to the node with the files it needs, run to its end; its output goes to the node's log.
struct RunStep {
  std::string program;                 // absolute
  std::vector<std::string> arguments;  // argv[0] first
  std::vector<std::string> environment;
  std::vector<FileEntry> files;
};

struct Step {
  std::string name;
  std::uint32_t index = 0;  // in the whole plan
  std::uint32_t timeout_ms = 0;
  std::uint32_t retries = 0;
  OnFailure on_failure = OnFailure::error;
  std::variant<MountStep, DirectoryStep, DeviceStep, FileStep, LinkStep, HostnameStep, RunStep> action;
};

// Steps to carry out in order. One plan may come in several parts, with steps of the front end in between.
struct Setup {
  static constexpr std::uint16_t number = 103;
  std::uint64_t plan = 0;
  bool last = true;  // no part follows: the node is up when this one has succeeded
  std::vector<Step> steps;
};

struct Launch {
  static constexpr std::uint16_t number = 104;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t pid = 0;  // the pid to have; 0: any
  std::string program;   // absolute; files[0] when the program is moved
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string directory;
  bool directory_required = false;  // false: / is used where it is not there
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
  std::uint32_t umask = 022;
  std::uint32_t output_credit = 0;  // bytes that each stream may send before a StreamCredit
  std::vector<FileEntry> files;
};

// A signal for a process and its process group.
struct Signal {
  static constexpr std::uint16_t number = 105;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t signal = 0;
};

enum class PowerChange : std::uint8_t { restart = 0, power_off = 1 };
struct Power {
  static constexpr std::uint16_t number = 106;
  PowerChange change = PowerChange::restart;
};

// Bulk: a piece of content, or why there is none (`reason` is then not empty and `data` is).
struct Block {
  static constexpr std::uint16_t number = 120;
  ContentHash hash{};
  std::uint64_t offset = 0;
  std::string reason;
  Bytes data;
};

// Bulk: so many more bytes of this stream are welcome.
struct StreamCredit {
  static constexpr std::uint16_t number = 121;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  StreamName stream = StreamName::output;
  std::uint32_t bytes = 0;
};

// Reserved for process control, bulk: input of a process.
struct StreamInput {
  static constexpr std::uint16_t number = 122;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  bool end = false;
  Bytes data;
};

// ---------------------------------------------------------------- command to front end
// `nodes` is a node set as people write it: "0-3,7", "all", "up", "down", "n5".

struct StatusRequest {
  static constexpr std::uint16_t number = 200;
  std::string nodes;
};
struct WaitRequest {
  static constexpr std::uint16_t number = 201;
  std::string nodes;
  std::string state;
  std::uint64_t timeout_ms = 0;  // 0: without limit
};
struct BootLogRequest {
  static constexpr std::uint16_t number = 202;
  std::string nodes;
};
struct LogRequest {
  static constexpr std::uint16_t number = 203;
  std::string nodes;
  bool follow = false;
};
struct UpRequest {
  static constexpr std::uint16_t number = 204;
  std::string nodes;
};
struct RunRequest {
  static constexpr std::uint16_t number = 205;
  std::string nodes;
  std::string program;       // absolute, on the front end and on the node
  std::string architecture;  // that the program is for, as uname -m says it; empty: any
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string directory;
  bool directory_required = false;  // the caller named it: do not start elsewhere
  std::uint32_t umask = 022;
  std::vector<FileEntry> files;      // the program, its interpreter and libraries
  std::vector<std::string> sources;  // where each of files is to be read on the front end
};
struct RunSignal {
  static constexpr std::uint16_t number = 206;
  std::int32_t signal = 0;
};
struct PowerRequest {
  static constexpr std::uint16_t number = 207;
  std::string nodes;
  PowerChange change = PowerChange::restart;
};

// ---------------------------------------------------------------- front end to command

enum class NodeState : std::uint8_t { down = 0, boot = 1, up = 2, error = 3, unavailable = 4 };

struct NodeStatus {
  NodeNumber node = no_node;
  std::string name;
  NodeState state = NodeState::down;
  std::uint32_t address = 0;
  MacAddress mac{};
  std::uint64_t since_ns = 0;  // wall clock of the last change of state
  std::string reason;
  std::uint64_t boot_us = 0;           // first instruction to up; 0: not up yet
  std::uint32_t address_requests = 0;  // RARP or DHCP requests until the address was found
  std::string version;
  std::string kernel_release;
  std::string architecture;
  SelfUsage usage;
};

struct StatusReply {
  static constexpr std::uint16_t number = 250;
  std::vector<NodeStatus> nodes;
  bool satisfied = true;  // WaitRequest: all are in the state
};
struct NodeBootRecord {
  NodeNumber node = no_node;
  std::string name;
  std::vector<BootEntry> entries;
};
// One message per node, then Done.
struct BootLogReply {
  static constexpr std::uint16_t number = 251;
  NodeBootRecord record;
};
// Any number, then Done (never, when following).
struct LogReply {
  static constexpr std::uint16_t number = 252;
  NodeNumber node = no_node;
  std::string name;
  std::uint64_t lost = 0;
  std::vector<LogEntry> lines;
};
// UpRequest, PowerRequest: one per node, then Done.
struct NodeResult {
  static constexpr std::uint16_t number = 253;
  NodeNumber node = no_node;
  std::string name;
  bool succeeded = false;
  std::string reason;
};
// RunRequest: the ranks, before anything else about them.
struct RunStarted {
  static constexpr std::uint16_t number = 254;
  std::uint64_t job = 0;
  std::vector<NodeNumber> nodes;  // nodes[rank]
  std::vector<std::string> names;
};
struct RunOutput {
  static constexpr std::uint16_t number = 255;
  std::uint32_t rank = 0;
  StreamName stream = StreamName::output;
  Bytes data;
};
// One per rank; Done follows the last.
struct RunEnd {
  static constexpr std::uint16_t number = 256;
  std::uint32_t rank = 0;
  bool started = false;
  std::int32_t status = 0;  // wait(2) status when it was started
  std::int32_t code = 0;    // errno of a failed start
  std::string reason;       // of a failed start, or why there is no status (node lost)
};
struct Done {
  static constexpr std::uint16_t number = 257;
};
// The request cannot be carried out. `usage`: it was wrong in itself (exit status 2).
struct Failure {
  static constexpr std::uint16_t number = 258;
  bool usage = false;
  std::string reason;
};

using Message = std::variant<Hello, BootRecord, StepReport, SetupDone, Pong, LogLines, Launched, ProcessEnd,
                             ProcessState, BulkHello, Fetch, StreamOutput, Welcome, Refused, Ping, Setup, Launch,
                             Signal, Power, Block, StreamCredit, StreamInput, StatusRequest, WaitRequest,
                             BootLogRequest, LogRequest, UpRequest, RunRequest, RunSignal, PowerRequest, StatusReply,
                             BootLogReply, LogReply, NodeResult, RunStarted, RunOutput, RunEnd, Done, Failure>;

}  // namespace transport
