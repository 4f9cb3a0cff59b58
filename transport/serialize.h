// The fields of every message, in the order in which they stand on the wire, with the cap of each that varies
// in size. docs/PROTOCOL.md says the same for people. A change here is a change of the protocol: it needs a new
// message number or a new protocol_version.
#pragma once

#include "transport/archive.h"
#include "transport/messages.h"

namespace transport {

// Caps. Bytes for strings, elements for lists.
namespace cap {
constexpr std::size_t word = 64;          // names of nodes, states, versions, file system types
constexpr std::size_t interface = 15;     // IFNAMSIZ - 1
constexpr std::size_t path = 4096;        // PATH_MAX
constexpr std::size_t title = 4352;       // a kind and a path: names of steps and boot entries
constexpr std::size_t text = 2048;        // for people: reasons and log lines, cut at that
constexpr std::size_t node_set = 16384;   // "0-3,7,..."
constexpr std::size_t argument = 131072;  // MAX_ARG_STRLEN
constexpr std::size_t arguments = 65536;
constexpr std::size_t groups = 65536;  // NGROUPS_MAX
constexpr std::size_t files = 4096;
constexpr std::size_t steps = 4096;
constexpr std::size_t entries = 4096;  // boot entries, log lines
constexpr std::size_t nodes = 65536;
constexpr std::size_t data = 1u << 20;
constexpr std::size_t metrics = 4096;
constexpr std::size_t labels = 8;         // of one metric
constexpr std::size_t tree = 16384;       // files, directories and links of one step
constexpr std::size_t file_text = 65536;  // a file's content inside a message
constexpr std::size_t directories = 64;   // that a mount wants
constexpr std::size_t devices = 1024;     // of one step; so with the following
constexpr std::size_t modules = 256;
constexpr std::size_t sysctls = 1024;
constexpr std::size_t routes = 256;
constexpr std::size_t limits = 16;
constexpr std::size_t after = 256;          // steps that a step waits for
constexpr std::size_t services = 256;       // of one node
constexpr std::size_t processes = 4096;     // of one message
constexpr std::size_t streams = 131072;     // two for each rank
constexpr std::size_t job_processes = 256;  // of one rank
}  // namespace cap

template <> inline constexpr std::size_t least_size<BootEntry> = 25;
template <> inline constexpr std::size_t least_size<LogEntry> = 21;
template <> inline constexpr std::size_t least_size<FileEntry> = 48;
template <> inline constexpr std::size_t least_size<Step> = 26;
template <> inline constexpr std::size_t least_size<NodeStatus> = 131;
template <> inline constexpr std::size_t least_size<DeviceEntry> = 25;
template <> inline constexpr std::size_t least_size<TreeEntry> = 25;
template <> inline constexpr std::size_t least_size<ModuleEntry> = 48;
template <> inline constexpr std::size_t least_size<SysctlEntry> = 8;
template <> inline constexpr std::size_t least_size<Route> = 9;
template <> inline constexpr std::size_t least_size<LimitEntry> = 17;
template <> inline constexpr std::size_t least_size<ServiceStatus> = 25;
template <> inline constexpr std::size_t least_size<ProcessEntry> = 53;
template <> inline constexpr std::size_t least_size<HeldProcess> = 21;
template <> inline constexpr std::size_t least_size<JobProcess> = 9;
template <> inline constexpr std::size_t least_size<PlannedStep> = 51;
template <> inline constexpr std::size_t least_size<PlanProblem> = 13;
template <> inline constexpr std::size_t least_size<MetricLabel> = 8;
template <> inline constexpr std::size_t least_size<Metric> = 21;

inline CutText text(const char* name, std::string& value) { return {name, value, cap::text}; }
inline auto path(const char* name, std::string& value) { return capped(name, value, cap::path); }
inline auto word(const char* name, std::string& value) { return capped(name, value, cap::word); }
inline auto node_set(std::string& value) { return capped("nodes", value, cap::node_set); }
inline auto data(Bytes& value) { return capped("data", value, cap::data); }
inline auto files(std::vector<FileEntry>& value) { return capped("files", value, cap::files); }
inline auto outcome(Outcome& value) { return choice("outcome", value, Outcome::skipped); }
inline auto stream(StreamName& value) { return choice("stream", value, StreamName::error); }
inline auto change(PowerChange& value) { return choice("change", value, PowerChange::power_off); }
inline CappedStrings arguments(std::vector<std::string>& value) {
  return {"arguments", value, cap::arguments, cap::argument};
}
inline CappedStrings environment(std::vector<std::string>& value) {
  return {"environment", value, cap::arguments, cap::argument};
}

// ---------------------------------------------------------------- parts of messages

template <class A> void serialize(A& archive, Content& m) { archive(m.hash, m.size); }
template <class A> void serialize(A& archive, FileEntry& m) { archive(path("path", m.path), m.content, m.mode); }
template <class A> void serialize(A& archive, BootEntry& m) {
  archive(capped("name", m.name, cap::title), m.start_us, m.end_us, outcome(m.outcome), text("reason", m.reason));
}
template <class A> void serialize(A& archive, HeldProcess& m) {
  archive(m.job, m.rank, m.pid, m.uid, choice("state", m.state, HeldState::over));
}
template <class A> void serialize(A& archive, JobProcess& m) { archive(m.pid, m.stopped, word("name", m.name)); }
template <class A> void serialize(A& archive, WindowSize& m) { archive(m.rows, m.columns); }
template <class A> void serialize(A& archive, JobLimits& m) {
  archive(m.memory_bytes, m.pids, m.cpu_percent, path("cpus", m.cpus));
}
template <class A> void serialize(A& archive, LimitEntry& m) { archive(m.resource, m.soft, m.hard); }
template <class A> void serialize(A& archive, SelfUsage& m) {
  archive(m.private_bytes, m.resident_bytes, m.cpu_us, m.wakeups, m.orphans, m.children, m.fetched_bytes, m.file_bytes);
}
template <class A> void serialize(A& archive, ProcessEntry& m) {
  archive(m.pid, m.parent, m.job, m.rank, m.uid, m.state, m.started_us, m.cpu_us, m.resident_bytes);
  archive(text("command", m.command));
}
template <class A> void serialize(A& archive, ServiceStatus& m) {
  archive(capped("name", m.name, cap::title), choice("state", m.state, ServiceState::ended), m.pid, m.restarts);
  archive(text("reason", m.reason), m.since_ns);
}
template <class A> void serialize(A& archive, LogEntry& m) {
  archive(m.sequence, m.severity, m.wall_ns, text("text", m.text));
}

// ---------------------------------------------------------------- node to front end

template <class A> void serialize(A& archive, Hello& m) {
  archive(Version{m.version}, m.mac, capped("interface", m.interface, cap::interface), m.address, m.boot_id);
  archive(word("program_version", m.program_version), word("kernel_release", m.kernel_release));
  archive(word("architecture", m.architecture), m.address_requests, m.uptime_us);
}
template <class A> void serialize(A& archive, BootRecord& m) {
  archive(m.first, capped("entries", m.entries, cap::entries));
}
template <class A> void serialize(A& archive, StepReport& m) {
  archive(m.plan, m.step, capped("name", m.name, cap::title), outcome(m.outcome), m.attempt, m.code);
  archive(text("reason", m.reason), m.duration_us);
}
template <class A> void serialize(A& archive, SetupDone& m) { archive(m.plan, m.succeeded, text("reason", m.reason)); }
template <class A> void serialize(A& archive, Pong& m) { archive(m.sequence, m.usage); }
template <class A> void serialize(A& archive, LogLines& m) { archive(m.lost, capped("lines", m.lines, cap::entries)); }
template <class A> void serialize(A& archive, Launched& m) {
  archive(m.job, m.rank, m.pid, m.code, text("reason", m.reason));
}
template <class A> void serialize(A& archive, ProcessEnd& m) {
  archive(m.job, m.rank, m.status, m.user_us, m.system_us, m.max_rss_kib, m.limits_hit);
}
template <class A> void serialize(A& archive, ProcessState& m) { archive(m.job, m.rank, m.status); }
template <class A> void serialize(A& archive, ServiceReport& m) { archive(m.status); }
template <class A> void serialize(A& archive, ProcessList& m) {
  archive(m.more, text("trouble", m.trouble), capped("processes", m.processes, cap::processes));
}
template <class A> void serialize(A& archive, HeldProcesses& m) {
  archive(m.more, capped("processes", m.processes, cap::processes));
}
template <class A> void serialize(A& archive, KilledProcesses& m) { archive(m.count, m.code); }
template <class A> void serialize(A& archive, JobProcesses& m) {
  archive(m.job, m.rank, m.more, capped("processes", m.processes, cap::job_processes));
}
template <class A> void serialize(A& archive, InputCredit& m) { archive(m.job, m.rank, m.taken, m.again, m.end); }
template <class A> void serialize(A& archive, BulkHello& m) { archive(m.node, m.token); }
template <class A> void serialize(A& archive, Fetch& m) { archive(m.hash, m.offset, m.length); }
template <class A> void serialize(A& archive, StreamOutput& m) {
  archive(m.job, m.rank, stream(m.stream), m.offset, m.end, data(m.data));
}

// ---------------------------------------------------------------- steps of a plan

template <class A> void serialize(A& archive, MountStep& m) {
  archive(path("source", m.source), path("target", m.target), word("type", m.type), path("options", m.options));
  archive(CappedStrings{"directories", m.directories, cap::directories, cap::path});
}
template <class A> void serialize(A& archive, UnmountStep& m) { archive(path("target", m.target), m.lazy); }
template <class A> void serialize(A& archive, DirectoryStep& m) { archive(path("path", m.path), m.mode, m.uid, m.gid); }
template <class A> void serialize(A& archive, DeviceEntry& m) {
  archive(path("path", m.path), m.block, m.major, m.minor, m.mode, m.uid, m.gid);
}
template <class A> void serialize(A& archive, DeviceStep& m) { archive(capped("devices", m.devices, cap::devices)); }
template <class A> void serialize(A& archive, TextContent& m) { archive(capped("text", m.text, cap::file_text)); }
template <class A> void serialize(A& archive, LinkTarget& m) { archive(path("target", m.target)); }
template <class A> void serialize(A& archive, TreeEntry& m) {
  archive(path("path", m.path), m.what, m.mode, m.uid, m.gid, m.modified_ns);
}
template <class A> void serialize(A& archive, FileStep& m) { archive(capped("entries", m.entries, cap::tree)); }
template <class A> void serialize(A& archive, LinkStep& m) { archive(path("path", m.path), path("target", m.target)); }
template <class A> void serialize(A& archive, ModuleEntry& m) {
  archive(word("name", m.name), m.content, path("options", m.options));
}
template <class A> void serialize(A& archive, ModuleStep& m) { archive(capped("modules", m.modules, cap::modules)); }
template <class A> void serialize(A& archive, SysctlEntry& m) { archive(path("key", m.key), path("value", m.value)); }
template <class A> void serialize(A& archive, SysctlStep& m) { archive(capped("entries", m.entries, cap::sysctls)); }
template <class A> void serialize(A& archive, HostnameStep& m) { archive(word("name", m.name)); }
template <class A> void serialize(A& archive, Route& m) { archive(m.destination, m.prefix, m.gateway); }
template <class A> void serialize(A& archive, InterfaceStep& m) {
  archive(capped("name", m.name, cap::interface), m.mac, m.address, m.prefix, m.mtu);
  archive(capped("routes", m.routes, cap::routes));
}
template <class A> void serialize(A& archive, LimitsStep& m) { archive(capped("limits", m.limits, cap::limits)); }
template <class A> void serialize(A& archive, TimeStep& m) { archive(m.wall_ns, m.hardware); }
template <class A> void serialize(A& archive, RunStep& m) {
  archive(path("program", m.program), arguments(m.arguments), environment(m.environment), files(m.files));
}
template <class A> void serialize(A& archive, ServiceStep& m) {
  archive(path("program", m.program), arguments(m.arguments), environment(m.environment), files(m.files));
  archive(m.uid, m.gid, choice("restart", m.restart, Restart::on_failure));
}
template <class A> void serialize(A& archive, Step& m) {
  archive(capped("name", m.name, cap::title), m.index, m.timeout_ms, m.retries);
  archive(choice("on_failure", m.on_failure, OnFailure::go_on), m.action, capped("after", m.after, cap::after));
}

// ---------------------------------------------------------------- front end to node

template <class A> void serialize(A& archive, Welcome& m) {
  archive(Version{m.version}, m.node, word("name", m.name), m.wall_ns, m.seed, m.bulk_token, m.ping_interval_ms);
  archive(m.silence_limit_ms, choice("away_policy", m.away_policy, AwayPolicy::reboot), m.away_grace_ms);
}
template <class A> void serialize(A& archive, Refused& m) { archive(Version{m.version}, text("reason", m.reason)); }
template <class A> void serialize(A& archive, Ping& m) { archive(m.sequence); }
template <class A> void serialize(A& archive, Setup& m) {
  archive(m.plan, m.last, m.limit_ms, capped("steps", m.steps, cap::steps));
  archive(CappedStrings{"spared", m.spared, cap::services, cap::title});
}
template <class A> void serialize(A& archive, Launch& m) {
  archive(m.job, m.rank, m.pid, path("program", m.program), arguments(m.arguments), environment(m.environment));
  archive(path("directory", m.directory), m.directory_required, m.uid, m.gid, capped("groups", m.groups, cap::groups),
          m.umask);
  archive(m.output_credit, files(m.files), m.input, m.terminal, m.window, capped("limits", m.limits, cap::limits));
  archive(m.job_limits, m.ignored, m.follow, m.may_replace);
}
template <class A> void serialize(A& archive, Signal& m) {
  archive(m.job, m.rank, m.signal, m.group, m.queued, m.value);
}
template <class A> void serialize(A& archive, ListProcesses& m) { archive(m.job); }
template <class A> void serialize(A& archive, KillJob& m) { archive(m.job, m.signal); }
template <class A> void serialize(A& archive, Forget& m) { archive(m.job, m.rank); }
template <class A> void serialize(A& archive, Resize& m) { archive(m.job, m.rank, m.window); }
template <class A> void serialize(A& archive, KillProcess& m) { archive(m.pid, m.signal, m.uid); }
template <class A> void serialize(A& archive, Power& m) { archive(change(m.change)); }
template <class A> void serialize(A& archive, Block& m) {
  archive(m.hash, m.offset, text("reason", m.reason), data(m.data));
}
template <class A> void serialize(A& archive, StreamCredit& m) {
  archive(m.job, m.rank, stream(m.stream), m.taken, m.again);
}
template <class A> void serialize(A& archive, StreamInput& m) { archive(m.job, m.rank, m.offset, m.end, data(m.data)); }

// ---------------------------------------------------------------- command to front end

template <class A> void serialize(A& archive, StatusRequest& m) { archive(node_set(m.nodes)); }
template <class A> void serialize(A& archive, WaitRequest& m) {
  archive(node_set(m.nodes), word("state", m.state), m.timeout_ms);
}
template <class A> void serialize(A& archive, BootLogRequest& m) { archive(node_set(m.nodes)); }
template <class A> void serialize(A& archive, LogRequest& m) { archive(node_set(m.nodes), m.follow); }
template <class A> void serialize(A& archive, UpRequest& m) { archive(node_set(m.nodes), m.follow); }
template <class A> void serialize(A& archive, ServicesRequest& m) { archive(node_set(m.nodes)); }
template <class A> void serialize(A& archive, PlanRequest& m) {
  archive(choice("question", m.question, PlanQuestion::dry_run), node_set(m.nodes));
}
template <class A> void serialize(A& archive, RunRequest& m) {
  archive(node_set(m.nodes), path("program", m.program), word("architecture", m.architecture));
  archive(arguments(m.arguments), environment(m.environment), path("directory", m.directory));
  archive(m.directory_required, m.umask);
  archive(files(m.files), CappedStrings{"sources", m.sources, cap::files, cap::path});
  archive(m.ghosts, m.input, m.terminal, m.window, capped("limits", m.limits, cap::limits), m.job_limits);
  archive(m.ignored);
}
template <class A> void serialize(A& archive, RunSignal& m) { archive(m.signal, m.rank, m.group, m.queued, m.value); }
template <class A> void serialize(A& archive, RunGhosts& m) { archive(m.first, capped("pids", m.pids, cap::nodes)); }
template <class A> void serialize(A& archive, RunInput& m) { archive(m.offset, m.end, data(m.data)); }
template <class A> void serialize(A& archive, PsRequest& m) { archive(node_set(m.nodes)); }
template <class A> void serialize(A& archive, KillRequest& m) { archive(m.job, m.pid, node_set(m.nodes), m.signal); }
template <class A> void serialize(A& archive, RunCredit& m) { archive(m.rank, stream(m.stream), m.taken); }
template <class A> void serialize(A& archive, RunAck& m) { archive(capped("ranks", m.ranks, cap::nodes)); }
template <class A> void serialize(A& archive, RunAttach& m) {
  archive(m.job, capped("nodes", m.nodes, cap::nodes), capped("over", m.over, cap::nodes));
  archive(capped("taken", m.taken, cap::streams), m.input);
}
template <class A> void serialize(A& archive, RunResize& m) { archive(m.window); }
template <class A> void serialize(A& archive, RightsRequest& m) {
  archive(node_set(m.nodes), choice("right", m.right, NodeRight::mode), m.value);
}
template <class A> void serialize(A& archive, AvailabilityRequest& m) { archive(node_set(m.nodes), m.available); }
template <class A> void serialize(A& archive, RunProcessSignal& m) { archive(m.rank, m.pid, m.signal); }
template <class A> void serialize(A& archive, PowerRequest& m) { archive(node_set(m.nodes), change(m.change)); }

// ---------------------------------------------------------------- front end to command

template <class A> void serialize(A& archive, NodeStatus& m) {
  archive(m.node, word("name", m.name), choice("state", m.state, NodeState::unavailable), m.address, m.mac);
  archive(m.since_ns, text("reason", m.reason), m.boot_us, m.address_requests, word("version", m.version));
  archive(word("kernel_release", m.kernel_release), word("architecture", m.architecture), m.usage);
  archive(word("channel", m.channel), m.owner, m.group, m.mode);
}
template <class A> void serialize(A& archive, StatusReply& m) {
  archive(capped("nodes", m.nodes, cap::nodes), m.satisfied, word("channel", m.channel));
}
template <class A> void serialize(A& archive, NodeBootRecord& m) {
  archive(m.node, word("name", m.name), capped("entries", m.entries, cap::entries));
}
template <class A> void serialize(A& archive, BootLogReply& m) { archive(m.record); }
template <class A> void serialize(A& archive, LogReply& m) {
  archive(m.node, word("name", m.name), m.lost, capped("lines", m.lines, cap::entries));
}
template <class A> void serialize(A& archive, NodeResult& m) {
  archive(m.node, word("name", m.name), m.succeeded, text("reason", m.reason));
}
template <class A> void serialize(A& archive, RunStarted& m) {
  archive(m.job, capped("nodes", m.nodes, cap::nodes), CappedStrings{"names", m.names, cap::nodes, cap::word},
          m.output_credit);
}
template <class A> void serialize(A& archive, RunOutput& m) {
  archive(m.rank, stream(m.stream), m.offset, data(m.data));
}
template <class A> void serialize(A& archive, RunEnd& m) {
  archive(m.rank, m.started, m.status, m.code, text("reason", m.reason), m.user_us, m.system_us, m.max_rss_kib);
  archive(m.limits_hit);
}
template <class A> void serialize(A& archive, RunState& m) { archive(m.rank, m.status); }
template <class A> void serialize(A& archive, RunGhostWanted& m) { archive(m.rank); }
template <class A> void serialize(A& archive, RunInputCredit& m) { archive(m.taken, m.end); }
template <class A> void serialize(A& archive, RunContact& m) { archive(m.rank, m.away, text("reason", m.reason)); }
template <class A> void serialize(A& archive, RunProcesses& m) {
  archive(m.rank, m.more, capped("processes", m.processes, cap::job_processes));
}
template <class A> void serialize(A& archive, RunNotice& m) { archive(m.rank, text("text", m.text)); }
template <class A> void serialize(A& archive, RunLaunched& m) { archive(m.rank, m.pid); }
template <class A> void serialize(A& archive, PsReply& m) {
  archive(m.node, word("name", m.name), capped("processes", m.processes, cap::processes));
}
template <class A> void serialize(A& archive, Failure& m) { archive(m.usage, text("reason", m.reason)); }
template <class A> void serialize(A& archive, MetricLabel& m) { archive(word("name", m.name), word("value", m.value)); }
template <class A> void serialize(A& archive, Metric& m) {
  archive(word("name", m.name), choice("kind", m.kind, MetricKind::gauge), text("help", m.help));
  archive(capped("labels", m.labels, cap::labels), m.value);
}
template <class A> void serialize(A& archive, MetricsReply& m) { archive(capped("entries", m.entries, cap::metrics)); }
template <class A> void serialize(A& archive, UpProgress& m) {
  archive(m.node, word("name", m.name), m.steps_over, m.steps, capped("step", m.step, cap::title));
  archive(outcome(m.outcome), text("reason", m.reason));
}
template <class A> void serialize(A& archive, ServicesReply& m) {
  archive(m.node, word("name", m.name), capped("services", m.services, cap::services));
}
template <class A> void serialize(A& archive, PlannedStep& m) {
  archive(capped("name", m.name, cap::title), word("kind", m.kind), text("what", m.what), m.on_front_end);
  archive(CappedStrings{"after", m.after, cap::after, cap::title}, m.timeout_ms, m.retries, m.may_fail);
  archive(node_set(m.nodes), m.applies, m.files, m.bytes, text("unknown", m.unknown), text("problem", m.problem));
}
template <class A> void serialize(A& archive, PlanProblem& m) {
  archive(path("file", m.file), m.line, m.error, text("reason", m.reason));
}
template <class A> void serialize(A& archive, PlanReply& m) {
  archive(capped("nodes", m.nodes, cap::nodes), m.more, capped("steps", m.steps, cap::steps));
  archive(capped("problems", m.problems, cap::entries));
}

}  // namespace transport
