// Messages of nodes to the front end, 1 - 99. Included through transport/messages.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transport/message_values.h"

namespace transport {

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

struct Pong {
  static constexpr std::uint16_t number = 5;
  std::uint64_t sequence = 0;  // of the Ping
  SelfUsage usage;
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
  std::string reason;     // of the failure; or what is not as the caller has it, though it runs
};

// A process has ended and its output has been sent completely. It is sent again after each Welcome until the front end
// acknowledges it (Forget), and so is a Launched that says that there is no process.
struct ProcessEnd {
  static constexpr std::uint16_t number = 8;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t status = 0;  // as wait(2) gives it
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kib = 0;
  std::uint8_t limits_hit = 0;  // bits: hit_memory, hit_pids
};

// A process has stopped or continues, as wait(2) has it.
struct ProcessState {
  static constexpr std::uint16_t number = 9;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t status = 0;
};

// A service began, ended, or is given up.
struct ServiceReport {
  static constexpr std::uint16_t number = 10;
  ServiceStatus status;
};

// Parts of the answer to ListProcesses, with its request id; the last one has `more` = false.
struct ProcessList {
  static constexpr std::uint16_t number = 11;
  bool more = false;
  std::string trouble;  // why these are not all
  std::vector<ProcessEntry> processes;
};

// Parts of what the node holds when it joins: after each Welcome, before anything else about processes. The last one has
// `more` = false.
struct HeldProcesses {
  static constexpr std::uint16_t number = 12;
  bool more = false;
  std::vector<HeldProcess> processes;
};

// Answer to KillProcess and KillJob, with their request ids: to how many processes the signal has gone, or why to none.
struct KilledProcesses {
  static constexpr std::uint16_t number = 13;
  std::uint32_t count = 0;
  std::int32_t code = 0;  // errno
};

// What a job's rank has started on this node, at any remove, and still runs: after each change, all of it. For ranks whose Launch
// has `follow`.
struct JobProcesses {
  static constexpr std::uint16_t number = 14;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  bool more = false;  // there are others, which are not told
  std::vector<JobProcess> processes;
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

// Output of a process, within the credit that the front end has given. `end`: nothing more comes. On a new bulk connection
// all is sent again that has not been taken: who reads it goes by `offset`.
struct StreamOutput {
  static constexpr std::uint16_t number = 22;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  StreamName stream = StreamName::output;
  std::uint64_t offset = 0;  // of data in the whole stream, bytes
  bool end = false;
  Bytes data;
};

// Bulk: so much input the process has taken; input_window bytes more may be on their way. `again`: what was sent beyond is
// lost and wanted once more (a new connection). `end`: it has closed its input and takes no more.
struct InputCredit {
  static constexpr std::uint16_t number = 23;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::uint64_t taken = 0;  // bytes, from the first one on
  bool again = false;
  bool end = false;
};

}  // namespace transport
