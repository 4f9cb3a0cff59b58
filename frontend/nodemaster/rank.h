// One process of a job, as the front end knows it.
//
//   waiting --its ghost's pid--> launching --its pid is taken--> waiting
//
//   launching --Launched--> running --ProcessEnd and both streams ended--> over --RunAck--> acknowledged
//       |                      |                                            ^
//       +-- did not start, node lost ----------------------------------------+
//
// While its node is out of contact it is `away`, whatever its phase: it may run on. When the node is back it says what it
// holds; when it is not back in time, or does not hold the process any more, the process is lost.
//
// Its output is passed on as it comes: the node sends no more than a window beyond what the command has taken.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sys/clock.h"
#include "transport/messages.h"

namespace frontend {

struct RankStream {
  bool known = true;           // where it stands; of a process that was found on a node the first piece says it
  std::uint64_t received = 0;  // from the node, bytes from the first one on
  std::uint64_t taken = 0;     // by the command
  bool ended = false;          // nothing more comes from the node
};

struct Rank {
  enum class Phase { waiting, launching, running, over };
  static constexpr std::size_t max_pending = 64;

  transport::NodeNumber node = transport::no_node;
  Phase phase = Phase::waiting;
  bool sent = false;  // a Launch: the node may hold something
  bool acknowledged = false;
  bool process_ended = false;
  std::int32_t pid = 0;               // that it is to have on its node; 0: any
  std::int32_t stopped = 0;           // its wait(2) status, while it is stopped
  transport::ProcessEnd ended;        // once process_ended
  std::array<RankStream, 2> streams;  // output, error

  bool away = false;
  sys::Instant away_until{};
  std::string away_reason;
  std::vector<transport::Signal> pending;  // that came meanwhile, at most max_pending

  RankStream& stream(transport::StreamName name) { return streams[name == transport::StreamName::error ? 1 : 0]; }
  bool on_node() const { return phase == Phase::launching || phase == Phase::running; }
  // Everything that there is to say about it has come.
  bool complete() const { return process_ended && streams[0].ended && streams[1].ended; }
};

}  // namespace frontend
