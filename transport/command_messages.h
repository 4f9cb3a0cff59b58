// Messages of commands (nodectl) to the front end, 200 - 249, and its answers, 250 - 299. Included through
// transport/messages.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transport/message_values.h"
#include "transport/setup_messages.h"

namespace transport {

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
  bool follow = false;  // tell what happens meanwhile (UpProgress)
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
  bool ghosts = false;               // the command has a ghost for each rank: nothing is launched before RunGhosts
  std::uint32_t input = no_rank;     // who gets what RunInput brings: a rank, all_ranks or no_rank
  bool terminal = false;             // the ranks have terminals of their own
  WindowSize window;
  std::vector<LimitEntry> limits;  // the caller's resource limits
  JobLimits job_limits;
  std::uint64_t ignored = 0;  // signals that the caller ignores: bit N - 1 for signal N
};
struct RunSignal {
  static constexpr std::uint16_t number = 206;
  std::int32_t signal = 0;
  std::uint32_t rank = all_ranks;
  bool group = true;  // else to the process alone
  bool queued = false;
  std::int32_t value = 0;
};
struct PowerRequest {
  static constexpr std::uint16_t number = 207;
  std::string nodes;
  PowerChange change = PowerChange::restart;
};
// What nodemaster counts.
struct MetricsRequest {
  static constexpr std::uint16_t number = 208;
};
struct ServicesRequest {
  static constexpr std::uint16_t number = 209;
  std::string nodes;
};
enum class PlanQuestion : std::uint8_t { check = 0, show = 1, dry_run = 2 };
// What is wrong with the plan's files as they are now, what is in the plan that holds, or what it would do on nodes.
struct PlanRequest {
  static constexpr std::uint16_t number = 210;
  PlanQuestion question = PlanQuestion::check;
  std::string nodes;  // dry_run
};
// The pids of ghosts: of ranks first, first + 1, ...
struct RunGhosts {
  static constexpr std::uint16_t number = 211;
  std::uint32_t first = 0;
  std::vector<std::int32_t> pids;
};
// At most input_window bytes beyond what has been taken (RunInputCredit).
struct RunInput {
  static constexpr std::uint16_t number = 212;
  std::uint64_t offset = 0;
  bool end = false;
  Bytes data;
};
struct PsRequest {
  static constexpr std::uint16_t number = 213;
  std::string nodes;
};
// A signal to all that a job runs, also to what has left its process group; or, where `job` is 0, to one process of those
// nodes.
struct KillRequest {
  static constexpr std::uint16_t number = 214;
  std::uint64_t job = 0;
  std::int32_t pid = 0;  // on the node
  std::string nodes;
  std::int32_t signal = 0;
};
// So much of a rank's stream has been taken: of the RunRequest or RunAttach that it is sent after.
struct RunCredit {
  static constexpr std::uint16_t number = 215;
  std::uint32_t rank = 0;
  StreamName stream = StreamName::output;
  std::uint64_t taken = 0;  // bytes, from the first one on
};
// The RunEnds of these ranks have come.
struct RunAck {
  static constexpr std::uint16_t number = 216;
  std::vector<std::uint32_t> ranks;
};
// What a command that has lost its front end knows of its job.
struct RunAttach {
  static constexpr std::uint16_t number = 217;
  std::uint64_t job = 0;
  std::vector<NodeNumber> nodes;     // nodes[rank]
  std::vector<std::uint32_t> over;   // ranks whose RunEnd has come
  std::vector<std::uint64_t> taken;  // of output and error of each rank: as in RunCredit
  std::uint32_t input = no_rank;
};
// The command's terminal has another size.
struct RunResize {
  static constexpr std::uint16_t number = 218;
  WindowSize window;
};
enum class NodeRight : std::uint8_t { owner = 0, group = 1, mode = 2 };
// Who may start processes on nodes.
struct RightsRequest {
  static constexpr std::uint16_t number = 219;
  std::string nodes;
  NodeRight right = NodeRight::owner;
  std::uint32_t value = 0;  // uid, gid or mode
};
// Whether nodes that are up take processes.
struct AvailabilityRequest {
  static constexpr std::uint16_t number = 220;
  std::string nodes;
  bool available = true;
};
// To a process that a rank has started (RunProcesses).
struct RunProcessSignal {
  static constexpr std::uint16_t number = 221;
  std::uint32_t rank = 0;
  std::int32_t pid = 0;  // on the rank's node
  std::int32_t signal = 0;
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
  std::string channel;  // how its connection is protected, in words; empty: it is not connected
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::uint32_t mode = 0111;  // execute bits: who may start processes there
};

struct StatusReply {
  static constexpr std::uint16_t number = 250;
  std::vector<NodeStatus> nodes;
  bool satisfied = true;  // WaitRequest: all are in the state
  std::string channel;    // how connections are protected that nodes make from now on, in words
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
  std::uint32_t output_credit = 0;  // bytes of each stream that may be on their way: see RunCredit
};
struct RunOutput {
  static constexpr std::uint16_t number = 255;
  std::uint32_t rank = 0;
  StreamName stream = StreamName::output;
  std::uint64_t offset = 0;  // of data in the whole stream; what has come before is to be passed over
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
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kib = 0;
  std::uint8_t limits_hit = 0;  // bits: hit_memory, hit_pids
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

enum class MetricKind : std::uint8_t { counter = 0, gauge = 1 };
// A label of a metric, from a fixed set: nothing that came from outside stands here.
struct MetricLabel {
  std::string name;
  std::string value;
};
struct Metric {
  std::string name;  // as Prometheus wants names; metrics of one name follow one another
  MetricKind kind = MetricKind::counter;
  std::string help;
  std::vector<MetricLabel> labels;
  std::uint64_t value = 0;
};
// Final by itself.
struct MetricsReply {
  static constexpr std::uint16_t number = 259;
  std::vector<Metric> entries;
};

// UpRequest with `follow`: where a node stands. The newest replaces the older ones.
struct UpProgress {
  static constexpr std::uint16_t number = 260;
  NodeNumber node = no_node;
  std::string name;
  std::uint32_t steps_over = 0;
  std::uint32_t steps = 0;  // of the node's whole plan; 0: not known yet
  std::string step;         // that began, ended or is tried again
  Outcome outcome = Outcome::running;
  std::string reason;
};
// One per node that has any, then Done.
struct ServicesReply {
  static constexpr std::uint16_t number = 261;
  NodeNumber node = no_node;
  std::string name;
  std::vector<ServiceStatus> services;
};
struct PlanProblem {
  std::string file;
  std::uint32_t line = 0;  // 0: the file as a whole
  bool error = true;       // else a warning
  std::string reason;
};
struct PlannedStep {
  std::string name;
  std::string kind;  // as the plan has it, or "hook"
  std::string what;  // in words; dry_run: with the node's facts filled in
  bool on_front_end = false;
  std::vector<std::string> after;  // names
  std::uint32_t timeout_ms = 0;    // of an attempt
  std::uint32_t retries = 0;
  bool may_fail = false;  // the plan goes on then
  std::string nodes;      // that it is for, "0-3,7"; empty: all
  // The rest is dry_run's.
  bool applies = true;  // to these nodes
  std::uint32_t files = 0;
  std::uint64_t bytes = 0;  // of their content
  std::string unknown;      // what cannot be said yet, and why
  std::string problem;      // why it cannot be carried out
};
// Parts of the answer, any number, then Done.
struct PlanReply {
  static constexpr std::uint16_t number = 262;
  std::vector<NodeNumber> nodes;      // dry_run: for which all of this holds
  bool more = false;                  // the next one goes on with the same nodes
  std::vector<PlannedStep> steps;     // in the order in which they are carried out
  std::vector<PlanProblem> problems;  // check
};

// A rank has stopped or continues, as wait(2) has it.
struct RunState {
  static constexpr std::uint16_t number = 263;
  std::uint32_t rank = 0;
  std::int32_t status = 0;
};
// That pid is taken on the rank's node: another ghost is wanted (RunGhosts).
struct RunGhostWanted {
  static constexpr std::uint16_t number = 264;
  std::uint32_t rank = 0;
};
// So much input all who get it have taken. `end`: nobody reads it any more.
struct RunInputCredit {
  static constexpr std::uint16_t number = 265;
  std::uint64_t taken = 0;
  bool end = false;
};
// A rank's node is out of reach, or is back: its process may run on.
struct RunContact {
  static constexpr std::uint16_t number = 267;
  std::uint32_t rank = 0;
  bool away = false;
  std::string reason;
};
// What a rank has started, at any remove, and still runs: after each change, all of it. Of runs with ghosts.
struct RunProcesses {
  static constexpr std::uint16_t number = 268;
  std::uint32_t rank = 0;
  bool more = false;  // there are others, which are not told
  std::vector<JobProcess> processes;
};
// A rank runs, but not all is as the caller has it.
struct RunNotice {
  static constexpr std::uint16_t number = 269;
  std::uint32_t rank = 0;
  std::string text;
};
// A rank runs. Of runs without ghosts, whose pids the command does not know.
struct RunLaunched {
  static constexpr std::uint16_t number = 270;
  std::uint32_t rank = 0;
  std::int32_t pid = 0;  // on its node
};
// One or more per node, then Done.
struct PsReply {
  static constexpr std::uint16_t number = 266;
  NodeNumber node = no_node;
  std::string name;
  std::vector<ProcessEntry> processes;
};

}  // namespace transport
