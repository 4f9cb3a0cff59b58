// What messages of several directions are made of. Included through transport/messages.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace transport {

constexpr std::uint16_t protocol_version = 6;
constexpr std::uint16_t default_port = 2223;

using NodeNumber = std::uint32_t;
constexpr NodeNumber no_node = 0xffffffff;

// In place of a rank.
constexpr std::uint32_t all_ranks = 0xffffffff;
constexpr std::uint32_t no_rank = 0xfffffffe;

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

enum class Outcome : std::uint8_t { running = 0, done = 1, failed = 2, ignored = 3, skipped = 4 };

// One line of the boot record: what nodeinit did from its first instruction on.
struct BootEntry {
  std::string name;            // "network", "network: rarp eth0", "setup: home"
  std::uint64_t start_us = 0;  // since nodeinit's first instruction
  std::uint64_t end_us = 0;    // 0 while it runs
  Outcome outcome = Outcome::running;
  std::string reason;  // of a failure; or what was found
};

// What nodeinit itself costs, and the files that it has put there.
struct SelfUsage {
  std::uint64_t private_bytes = 0;  // memory that only PID 1 uses
  std::uint64_t resident_bytes = 0;
  std::uint64_t cpu_us = 0;         // user and system time since it began
  std::uint64_t wakeups = 0;        // turns of the event loop
  std::uint64_t orphans = 0;        // orphans reaped
  std::uint32_t children = 0;       // expected children now
  std::uint64_t fetched_bytes = 0;  // of files' content, from the front end
  std::uint64_t file_bytes = 0;     // memory that the files of the node's root take, when it is a tmpfs
};

enum class ServiceState : std::uint8_t { starting = 0, running = 1, waiting = 2, ended = 3 };
// A program that the node keeps alive.
struct ServiceStatus {
  std::string name;  // of the step
  ServiceState state = ServiceState::starting;
  std::int32_t pid = 0;        // 0: none runs
  std::uint32_t restarts = 0;  // since the step
  std::string reason;          // how it ended last
  std::uint64_t since_ns = 0;  // when `state` began; since the epoch, by the node's clock
};

struct LogEntry {
  std::uint64_t sequence = 0;
  std::uint8_t severity = 6;  // syslog(3)
  std::uint64_t wall_ns = 0;  // since the epoch, by the node's clock
  std::string text;
};

// A process that runs on a node, as its kernel has it.
struct ProcessEntry {
  std::int32_t pid = 0;
  std::int32_t parent = 0;
  std::uint64_t job = 0;  // 0: of no job: a service, a setup step
  std::uint32_t rank = no_rank;
  std::uint32_t uid = 0;
  std::uint8_t state = '?';      // letter of proc(5)
  std::uint64_t started_us = 0;  // since the node's kernel started
  std::uint64_t cpu_us = 0;      // user and system
  std::uint64_t resident_bytes = 0;
  std::string command;  // its arguments, or its name in brackets
};

// A process that a node has started, or was told to start, and whose end the front end has not acknowledged (Forget).
enum class HeldState : std::uint8_t { starting = 0, running = 1, over = 2 };
struct HeldProcess {
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t pid = 0;  // 0: it does not run, or not yet
  std::uint32_t uid = 0;
  HeldState state = HeldState::starting;
};

// A process that a job's rank has started, or that such a process has.
struct JobProcess {
  std::int32_t pid = 0;
  bool stopped = false;
  std::string name;  // as ps -C has it
};

// What all processes of a job on one node may use together (cgroups(7)). 0 and empty: as much as there is.
struct JobLimits {
  std::uint64_t memory_bytes = 0;
  std::uint64_t pids = 0;
  std::uint32_t cpu_percent = 0;  // of one processor: 250 is two and a half
  std::string cpus;               // "0-3,7"
};

// A terminal's size, in characters.
struct WindowSize {
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
};

// What of a job's limits its processes have run into on a node, as bits of `limits_hit`.
constexpr std::uint8_t hit_memory = 1;  // the kernel has killed some of them
constexpr std::uint8_t hit_pids = 2;    // some were not started

enum class StreamName : std::uint8_t { input = 0, output = 1, error = 2 };
// What a node does with its processes when the front end stays away for longer than the grace period.
enum class AwayPolicy : std::uint8_t { keep = 0, kill = 1, reboot = 2 };
enum class PowerChange : std::uint8_t { restart = 0, power_off = 1 };

}  // namespace transport
