// Messages of the front end to nodes, 100 - 199. Included through transport/messages.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "transport/message_values.h"
#include "transport/setup_messages.h"

namespace transport {

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
  AwayPolicy away_policy = AwayPolicy::keep;
  std::uint32_t away_grace_ms = 0;  // how long the front end may be away before the policy comes true
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
  bool input = false;     // its stdin is what StreamInput brings; else /dev/null
  bool terminal = false;  // stdin, stdout and stderr are a terminal of its own, whose output is StreamName::output
  WindowSize window;      // of that
  std::vector<LimitEntry> limits;  // its resource limits; others are the node's
  JobLimits job_limits;
  std::uint64_t ignored = 0;  // signals that it is to ignore: bit N - 1 for signal N
  bool follow = false;        // say what else the job runs there (JobProcesses)
  bool may_replace = false;   // its files may take the place of what no launch has put there
};

// A signal for a process, or for its process group; with a value when one was sent along (sigqueue(3)).
struct Signal {
  static constexpr std::uint16_t number = 105;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::int32_t signal = 0;
  bool group = true;
  bool queued = false;  // `value` counts
  std::int32_t value = 0;
};

struct Power {
  static constexpr std::uint16_t number = 106;
  PowerChange change = PowerChange::restart;
};

// What runs there. `job` 0: everything that the front end has started; else of that job.
struct ListProcesses {
  static constexpr std::uint16_t number = 107;
  std::uint64_t job = 0;
};

// Everything that the job has ever started there.
struct KillJob {
  static constexpr std::uint16_t number = 108;
  std::uint64_t job = 0;
  std::int32_t signal = 0;
};

// How a process ended, or why it did not start, has come to whom it concerns: the node need not hold it any more.
struct Forget {
  static constexpr std::uint16_t number = 109;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
};

// The terminal of a process has another size.
struct Resize {
  static constexpr std::uint16_t number = 110;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  WindowSize window;
};

// A signal for any process that the front end has started, or that such a process has: KilledProcesses is the
// answer.
struct KillProcess {
  static constexpr std::uint16_t number = 111;
  std::int32_t pid = 0;
  std::int32_t signal = 0;
  std::uint32_t uid = 0;  // whose it has to be; 0: anybody's
};

// Bulk: a piece of content, or why there is none (`reason` is then not empty and `data` is).
struct Block {
  static constexpr std::uint16_t number = 120;
  ContentHash hash{};
  std::uint64_t offset = 0;
  std::string reason;
  Bytes data;
};

// Bulk: so much of the stream has been taken; `output_credit` bytes more are welcome. `again`: what was sent beyond is wanted
// once more, its end too.
struct StreamCredit {
  static constexpr std::uint16_t number = 121;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  StreamName stream = StreamName::output;
  std::uint64_t taken = 0;  // bytes, from the first one on
  bool again = false;
};

// Bulk: input of a process, at most input_window bytes beyond what it has taken (InputCredit). What has come before is
// passed over.
struct StreamInput {
  static constexpr std::uint16_t number = 122;
  std::uint64_t job = 0;
  std::uint32_t rank = 0;
  std::uint64_t offset = 0;  // of data in the whole input
  bool end = false;
  Bytes data;
};

constexpr std::uint32_t input_window = 128u << 10;  // bytes

}  // namespace transport
